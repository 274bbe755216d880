//! A packument (all versions of a package) and npm's choice among them (`npm-pick-manifest`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::NpmError;
use super::manifest::{Host, Manifest};
use super::range::{self, Range, Version};
use super::spec::Spec;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "dist-tags")]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    versions: Versions,
    #[serde(default)]
    time: BTreeMap<String, Value>,
}

/// Versions stay unparsed text: a packument has up to thousands, of which one or two are used.
type Versions = BTreeMap<String, Box<RawValue>>;

/// All versions of one package.
pub struct Packument {
    /// The package's name.
    pub name: String,
    tags: BTreeMap<String, String>,
    versions: Vec<Entry>,
    times: BTreeMap<String, String>,
    parsed: RefCell<BTreeMap<usize, Rc<Manifest>>>,
}

struct Entry {
    text: String,
    version: Version,
    document: Box<RawValue>,
}

/// What a choice among versions depends on besides the spec.
#[derive(Clone, Debug, Default)]
pub struct PickOptions {
    /// Only versions published up to this time, ISO 8601 in UTC with milliseconds.
    pub before: Option<String>,
    /// What `engines` is checked against.
    pub host: Host,
    /// Tag preferred for ranges; `latest` when absent.
    pub default_tag: Option<String>,
}

impl Packument {
    /// Parses the registry's answer.
    ///
    /// # Errors
    /// The position and reason when it is not a packument.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Packument, serde_json::Error> {
        let document: Document = serde_json::from_slice(bytes)?;
        let mut versions: Vec<Entry> = document
            .versions
            .into_iter()
            .filter_map(|(text, document)| {
                Some(Entry {
                    version: range::parse_version(&text, true)?,
                    text,
                    document,
                })
            })
            .collect();
        versions.sort_by(|a, b| range::compare(&b.version, &a.version));
        let times = document
            .time
            .into_iter()
            .filter_map(|(version, time)| Some((version, time.as_str()?.to_owned())))
            .collect();
        let name = if document.name.is_empty() {
            name.to_owned()
        } else {
            document.name
        };
        Ok(Packument {
            name,
            tags: document.tags,
            versions,
            times,
            parsed: RefCell::new(BTreeMap::new()),
        })
    }

    /// Version that `tag` names.
    pub fn tag(&self, tag: &str) -> Option<&str> {
        self.tags.get(tag).map(String::as_str)
    }

    /// All tags with their versions.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags
            .iter()
            .map(|(tag, version)| (tag.as_str(), version.as_str()))
    }

    /// Versions, highest first.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.versions.iter().map(|entry| entry.text.as_str())
    }

    /// The version npm would install for `spec`.
    ///
    /// # Errors
    /// `ETARGET` when none fits; `ENOVERSIONS` when there is nothing to choose from.
    pub fn pick(
        &self,
        spec: &Spec,
        wanted: &str,
        options: &PickOptions,
    ) -> Result<Rc<Manifest>, NpmError> {
        let chosen = match spec.target() {
            Spec::Tag(tag) => self.pick_tag(tag, options),
            Spec::Version(version) => self
                .find(version)
                .filter(|&index| self.is_before(index, options)),
            Spec::Range { range, any } => return self.pick_range(range, *any, wanted, options),
            _ => None,
        };
        chosen
            .map(|index| self.manifest(index))
            .ok_or_else(|| self.no_match(wanted, options))
    }

    fn pick_tag(&self, tag: &str, options: &PickOptions) -> Option<usize> {
        let version = range::parse_version(self.tags.get(tag)?, true)?;
        let index = self.find(&version);
        if index.is_some_and(|index| self.is_before(index, options)) {
            return index;
        }
        let range = Range::parse(&format!("<={version}"), range::LOOSE)?;
        self.pick_range(&range, false, tag, options)
            .ok()
            .and_then(|manifest| self.find(manifest.semver.as_ref()?))
    }

    fn pick_range(
        &self,
        range: &Range,
        any: bool,
        wanted: &str,
        options: &PickOptions,
    ) -> Result<Rc<Manifest>, NpmError> {
        let default_tag = options.default_tag.as_deref().unwrap_or("latest");
        if let Some(version) = self
            .tags
            .get(default_tag)
            .and_then(|text| range::parse_version(text, true))
            && (any || range.accepts(&version))
            && let Some(index) = self.find(&version)
            && self.is_before(index, options)
        {
            let manifest = self.manifest(index);
            if manifest.deprecated().is_none() && manifest.engine_ok(&options.host) {
                return Ok(manifest);
            }
        }
        // Sorted by: not deprecated and engine fits, engine fits, not deprecated, version. Versions are tried highest first, so
        // that usually one is parsed.
        let mut best: Option<(u8, usize)> = None;
        let mut candidates = false;
        for index in 0..self.versions.len() {
            if !self.is_before(index, options) {
                continue;
            }
            candidates = true;
            if !range.accepts(&self.versions[index].version) {
                continue;
            }
            let manifest = self.manifest(index);
            let (engine, recommended) = (
                manifest.engine_ok(&options.host),
                manifest.deprecated().is_none(),
            );
            let rank = if engine && recommended {
                3
            } else if engine {
                2
            } else {
                u8::from(recommended)
            };
            if rank == 3 {
                return Ok(manifest);
            }
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, index));
            }
        }
        match best {
            Some((_, index)) => Ok(self.manifest(index)),
            None if !candidates => Err(NpmError::new(
                "ENOVERSIONS",
                format!("No versions available for {}", self.name),
            )),
            None => Err(self.no_match(wanted, options)),
        }
    }

    fn no_match(&self, wanted: &str, options: &PickOptions) -> NpmError {
        let date = options
            .before
            .as_ref()
            .map(|date| format!(" with a date before {}", local_date(date)))
            .unwrap_or_default();
        NpmError::new(
            "ETARGET",
            format!(
                "No matching version found for {}@{wanted}{date}.",
                self.name
            ),
        )
        .with_detail(
            "In most cases you or one of your dependencies are requesting a package version that doesn't exist.",
        )
    }

    fn find(&self, version: &Version) -> Option<usize> {
        self.versions
            .iter()
            .position(|entry| range::compare(&entry.version, version).is_eq())
    }

    fn is_before(&self, index: usize, options: &PickOptions) -> bool {
        let (Some(before), Some(time)) =
            (&options.before, self.times.get(&self.versions[index].text))
        else {
            return true;
        };
        time <= before
    }

    fn manifest(&self, index: usize) -> Rc<Manifest> {
        let mut parsed = self.parsed.borrow_mut();
        let manifest = parsed.entry(index).or_insert_with(|| {
            // A version that is not an object has no fields; it fails later as a package without a version.
            let fields =
                serde_json::from_str(self.versions[index].document.get()).unwrap_or_default();
            Rc::new(Manifest::from_fields(fields))
        });
        Rc::clone(manifest)
    }
}

/// A date in ISO 8601 as `toLocaleString` writes it in English and UTC; anything else as it is.
fn local_date(date: &str) -> String {
    let number = |range: core::ops::Range<usize>| date.get(range)?.parse::<u32>().ok();
    let parts = [0..4, 5..7, 8..10, 11..13].map(number);
    let ([Some(year), Some(month), Some(day), Some(hour)], Some(rest)) = (parts, date.get(13..19))
    else {
        return date.to_owned();
    };
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = (hour + 11) % 12 + 1;
    format!("{month}/{day}/{year}, {hour}{rest} {half}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(wanted: &str, before: Option<&str>) -> String {
        let document = br#"{"name":"a","dist-tags":{"latest":"1.1.0","next":"2.0.0-rc.1"},
            "time":{"1.0.0":"2020-01-01T00:00:00.000Z","1.1.0":"2021-01-01T00:00:00.000Z","1.2.0":"2022-01-01T00:00:00.000Z"},
            "versions":{"1.0.0":{"version":"1.0.0"},"1.1.0":{"version":"1.1.0"},"1.2.0":{"version":"1.2.0"},
            "1.3.0":{"version":"1.3.0","engines":{"node":">=99"}},"2.0.0-rc.1":{"version":"2.0.0-rc.1"},
            "3.0.0":{"version":"3.0.0"},"3.1.0":{"version":"3.1.0","deprecated":"broken"}}}"#;
        let packument = Packument::parse("a", document).expect("a packument");
        let options = PickOptions {
            before: before.map(str::to_owned),
            ..PickOptions::default()
        };
        match packument.pick(&Spec::parse(wanted), wanted, &options) {
            Ok(manifest) => manifest.version.clone(),
            Err(error) => error.code.to_owned(),
        }
    }

    #[test]
    fn chooses_as_npm() {
        assert_eq!(
            pick("^1.0.0", None),
            "1.1.0",
            "the latest tag wins over a higher version"
        );
        assert_eq!(
            pick("^1.1.1", None),
            "1.2.0",
            "an engine that fits wins over a higher version"
        );
        assert_eq!(
            pick("^3.0.0", None),
            "3.0.0",
            "deprecated versions are avoided"
        );
        assert_eq!(pick("3.1.0", None), "3.1.0");
        assert_eq!(pick("next", None), "2.0.0-rc.1");
        assert_eq!(pick("^1.0.0", Some("2020-06-01T00:00:00.000Z")), "1.0.0");
        assert_eq!(pick("^9", None), "ETARGET");
        assert_eq!(
            local_date("2026-06-01T00:30:05.000Z"),
            "6/1/2026, 12:30:05 AM"
        );
        assert_eq!(pick("nothing", None), "ETARGET");
    }
}
