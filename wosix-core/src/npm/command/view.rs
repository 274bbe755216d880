//! `npm view`: what the registry knows of a package.

use serde_json::Value;

use super::output::{say, say_raw};
use super::{Session, State};
use crate::npm::error::NpmError;
use crate::npm::json::{self, Format};
use crate::npm::packument::{Packument, PickOptions};
use crate::npm::platform::{Request, RequestKind, Response};
use crate::npm::spec::{self, Spec};
use crate::system::System;

impl Session {
    pub(super) fn view(&mut self, args: &[String]) -> Result<State, NpmError> {
        let Some(first) = args.first() else {
            return Err(NpmError::new("EUSAGE", "Usage: npm view <package> [field]"));
        };
        let spec = spec::Request::parse(first);
        let Some(name) = spec.name.clone() else {
            return Err(NpmError::new(
                "EUSAGE",
                "npm view needs the name of a package",
            ));
        };
        let url = format!(
            "{}{}",
            self.config.registry(&name),
            name.replace('/', "%2f")
        );
        let request = Request {
            id: 1,
            kind: RequestKind::Packument,
            url,
            integrity: None,
            cache: self.config.cache_use(),
        };
        Ok(State::Viewing {
            spec,
            field: args.get(1).cloned(),
            request: Some(request),
        })
    }
}

pub(super) fn show(
    system: &dyn System,
    request: &spec::Request,
    field: Option<&str>,
    response: Response,
) -> Result<(), NpmError> {
    let name = request.name.clone().unwrap_or_default();
    let bytes = match response {
        Response::Http {
            status: 200..=299,
            body,
        } => body,
        Response::Http { status: 404, .. } => {
            return Err(NpmError::not_found(
                &name,
                &format!("{name}@{}", request.spec),
            ));
        }
        Response::Http { status, .. } => {
            return Err(NpmError::new("EHTTP", format!("{status} - GET {name}")));
        }
        Response::NotCached => return Err(NpmError::new("ENOTCACHED", name)),
        Response::Failed(reason) => return Err(NpmError::new("ENETWORK", reason)),
    };
    let packument = Packument::parse(&name, &bytes)
        .map_err(|error| NpmError::new("EJSONPARSE", error.to_string()))?;
    let manifest = packument.pick(
        &Spec::parse(&request.spec),
        &request.spec,
        &PickOptions::default(),
    )?;
    match field {
        Some("versions") => {
            let mut versions: Vec<&str> = packument.versions().collect();
            versions.reverse();
            say(system, &versions.join("\n"));
        }
        Some("dist-tags") => packument
            .tags()
            .for_each(|(tag, version)| say(system, &format!("{tag}: {version}"))),
        Some(field) => match manifest.fields.get(field) {
            Some(Value::String(text)) => say(system, text),
            Some(value) => say_raw(system, &json::stringify(value, &Format::default())),
            None => {}
        },
        None => {
            let license = manifest.text("license").unwrap_or("Proprietary");
            let description = manifest.text("description").unwrap_or_default();
            say(
                system,
                &format!(
                    "\n{name}@{} | {license} | deps: {} | versions: {}\n{description}",
                    manifest.version,
                    manifest.dependencies.len(),
                    packument.versions().count()
                ),
            );
            if let Some(url) = &manifest.resolved {
                say(system, &format!("\ndist\n.tarball: {url}"));
            }
            say(system, "\ndist-tags:");
            packument
                .tags()
                .for_each(|(tag, version)| say(system, &format!("{tag}: {version}")));
        }
    }
    Ok(())
}
