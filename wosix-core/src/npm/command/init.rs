//! `npm init -y`.

use serde_json::{Map, Value};

use super::State;
use super::output::say;
use crate::npm::config::Config;
use crate::npm::error::NpmError;
use crate::npm::json::{self, Format};
use crate::npm::{files, path};
use crate::system::System;

pub(super) fn init(system: &dyn System, root: &str, config: &Config) -> Result<State, NpmError> {
    let cwd = system
        .getcwd()
        .map_err(|error| files::failed(error, "getcwd", root))?;
    let file = format!("{cwd}/package.json");
    if !config.flag("yes", false) && !config.flag("force", false) {
        return Err(NpmError::new(
            "EUSAGE",
            "npm init asks no questions here: use npm init -y",
        ));
    }
    let mut fields = match files::read_text(system, &file)? {
        Some(text) => json::parse_object(&file, &text)?,
        None => Map::new(),
    };
    let name = path::base_name(&cwd).to_ascii_lowercase().replace(' ', "-");
    let mut scripts = Map::new();
    scripts.insert(
        "test".into(),
        "echo \"Error: no test specified\" && exit 1".into(),
    );
    let main = if system.access(&format!("{cwd}/server.js"), 0).is_ok() {
        "server.js"
    } else {
        "index.js"
    };
    let defaults: [(&str, Value); 9] = [
        ("name", name.into()),
        ("version", "1.0.0".into()),
        ("description", "".into()),
        ("main", main.into()),
        ("scripts", Value::Object(scripts)),
        ("keywords", Value::Array(Vec::new())),
        ("author", "".into()),
        ("license", "ISC".into()),
        ("type", "commonjs".into()),
    ];
    for (key, value) in defaults {
        fields.entry(key).or_insert(value);
    }
    let text = json::stringify(&Value::Object(fields), &Format::default());
    files::write_text(system, &file, &text)?;
    say(system, &format!("Wrote to {file}:\n\n{text}\n"));
    Ok(State::Done(0))
}
