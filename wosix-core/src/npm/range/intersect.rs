//! npm's `semver.intersects`.

use core::cmp::Ordering;

use super::{Comparator, Operator, Range, Version, compare};

impl Comparator {
    /// Whether some version may fit both.
    fn intersects(&self, other: &Comparator, include_prerelease: bool) -> bool {
        let alone = |comparator: &Comparator| Range {
            alternatives: vec![vec![comparator.clone()]],
            include_prerelease,
        };
        let Some(own) = &self.version else {
            return true;
        };
        if self.operator == Operator::Equal {
            return alone(other).accepts(own);
        }
        let Some(bound) = &other.version else {
            return true;
        };
        if other.operator == Operator::Equal {
            return alone(self).accepts(bound);
        }
        // Nothing is lower than the lowest version.
        let nothing = |one: &Comparator, version: &Version| match include_prerelease {
            true => one.is_null(),
            false => {
                one.operator == Operator::Less
                    && (version.major, version.minor, version.patch) == (0, 0, 0)
            }
        };
        if nothing(self, own) || nothing(other, bound) {
            return false;
        }
        let up = |operator| matches!(operator, Operator::Greater | Operator::GreaterEqual);
        let inclusive = |operator| matches!(operator, Operator::LessEqual | Operator::GreaterEqual);
        match (up(self.operator), up(other.operator), compare(own, bound)) {
            (true, true, _) | (false, false, _) => true,
            (_, _, Ordering::Equal) => inclusive(self.operator) && inclusive(other.operator),
            (true, false, order) => order == Ordering::Less,
            (false, true, order) => order == Ordering::Greater,
        }
    }
}

impl Range {
    /// Whether some version may be in both ranges.
    pub fn intersects(&self, other: &Range) -> bool {
        let prerelease = self.include_prerelease;
        // npm compares from the last condition back to the first.
        let possible = |set: &[Comparator]| {
            let mut pairs = (0..set.len()).flat_map(|i| (0..i).map(move |k| (i, k)));
            pairs.all(|(i, k)| set[i].intersects(&set[k], prerelease))
        };
        self.alternatives.iter().any(|own| {
            possible(own)
                && other.alternatives.iter().any(|set| {
                    possible(set)
                        && own
                            .iter()
                            .all(|one| set.iter().all(|bound| one.intersects(bound, prerelease)))
                })
        })
    }
}
