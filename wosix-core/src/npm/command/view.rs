//! `npm view`: what the registry knows of a package.

use serde_json::{Map, Value};

use super::inspect::inspect;
use super::output::say;
use super::{Session, State};
use crate::npm::error::NpmError;
use crate::npm::install::body;
use crate::npm::json::{self, Format};
use crate::npm::manifest::{Host, Manifest};
use crate::npm::packument::{Packument, PickOptions};
use crate::npm::platform::{Request, RequestKind, Response};
use crate::npm::spec::{self, Spec};
use crate::system::System;

/// What is to be shown once the packument is here.
pub(super) struct View {
    spec: spec::Request,
    name: String,
    url: String,
    /// Names of fields, with dots for fields in fields; none means the overview.
    fields: Vec<String>,
    as_json: bool,
    host: Host,
    request: Option<Request>,
}

impl Session {
    pub(super) fn view(&mut self, args: &[String]) -> Result<State, NpmError> {
        let Some((first, fields)) = args.split_first() else {
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
            url: url.clone(),
            integrity: None,
            cache: self.config.cache_use(),
        };
        Ok(State::Viewing(Box::new(View {
            spec,
            name,
            url,
            fields: fields.to_vec(),
            as_json: self.config.flag("json", false),
            host: Host::of(&self.config),
            request: Some(request),
        })))
    }
}

impl View {
    pub(super) fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    /// Shows it.
    ///
    /// # Errors
    /// What was wrong with the response; `E404` and `ETARGET` for what does not exist.
    pub(super) fn show(&self, system: &dyn System, response: Response) -> Result<(), NpmError> {
        let asked = format!("{}@{}", self.name, self.spec.spec);
        let bytes = body(response, &self.url, &asked)?;
        let packument = Packument::parse(&self.name, &bytes)
            .map_err(|error| NpmError::new("EJSONPARSE", error.to_string()))?;
        let manifest = packument.pick(
            &Spec::parse(&self.spec.spec),
            &self.spec.spec,
            &PickOptions {
                host: self.host.clone(),
                ..PickOptions::default()
            },
        )?;
        if self.fields.is_empty() {
            say(system, &overview(&self.name, &packument, &manifest));
            return Ok(());
        }
        let found: Map<String, Value> = self
            .fields
            .iter()
            .filter_map(|field| Some((field.clone(), field_value(field, &packument, &manifest)?)))
            .collect();
        let only = (found.len() == 1)
            .then(|| found.values().next())
            .flatten()
            .cloned();
        match only {
            None if found.is_empty() => {}
            Some(value) if self.as_json => say(system, &to_json(&value)),
            None if self.as_json => say(system, &to_json(&Value::Object(found))),
            Some(Value::String(text)) => say(system, &text),
            Some(value) => say(system, &inspect(&value)),
            None => {
                for (field, value) in &found {
                    say(system, &format!("{field} = {}", inspect(value)));
                }
            }
        }
        Ok(())
    }
}

fn to_json(value: &Value) -> String {
    json::stringify(value, &Format::default())
        .trim_end()
        .to_owned()
}

fn field_value(field: &str, packument: &Packument, manifest: &Manifest) -> Option<Value> {
    let mut parts = field.split('.');
    let mut value = match parts.next()? {
        "versions" => {
            let mut versions: Vec<Value> = packument.versions().map(Value::from).collect();
            versions.reverse();
            Value::Array(versions)
        }
        "dist-tags" => {
            let tags = packument.tags();
            Value::Object(
                tags.map(|(tag, version)| (tag.to_owned(), version.into()))
                    .collect(),
            )
        }
        name => manifest.fields.get(name)?.clone(),
    };
    for part in parts {
        value = match &value {
            Value::Object(map) => map.get(part)?.clone(),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?.clone(),
            _ => return None,
        };
    }
    Some(value)
}

fn overview(name: &str, packument: &Packument, manifest: &Manifest) -> String {
    let dependencies = match manifest.dependencies.len() {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    let mut text = format!(
        "\n{name}@{} | {} | deps: {dependencies} | versions: {}",
        manifest.version,
        manifest.text("license").unwrap_or("Proprietary"),
        packument.versions().count()
    );
    if let Some(reason) = manifest.text("deprecated") {
        text.push_str(&format!("\n\nDEPRECATED ⚠️ - {reason}"));
    }
    for line in [manifest.text("description"), manifest.text("homepage")] {
        text.extend(line.map(|line| format!("\n{line}")));
    }
    if !manifest.bin.is_empty() {
        let names: Vec<&str> = manifest.bin.iter().map(|(name, _)| name.as_str()).collect();
        text.push_str(&format!("\n\nbin: {}", names.join(", ")));
    }
    text.push_str("\n\ndist");
    for (label, value) in [
        ("tarball", &manifest.resolved),
        ("integrity", &manifest.integrity),
    ] {
        text.extend(value.as_ref().map(|value| format!("\n.{label}: {value}")));
    }
    if !manifest.dependencies.is_empty() {
        let lines = manifest.dependencies.iter();
        let lines: Vec<String> = lines
            .map(|(name, spec)| format!("{name}: {spec}"))
            .collect();
        text.push_str(&format!("\n\ndependencies:\n{}", lines.join("\n")));
    }
    text.push_str("\n\ndist-tags:");
    for (tag, version) in packument.tags() {
        text.push_str(&format!("\n{tag}: {version}"));
    }
    text
}
