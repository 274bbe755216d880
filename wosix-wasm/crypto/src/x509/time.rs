//! Times in certificates.

use crate::asn1::{Element, tag};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A point in time, in UTC.
pub struct Time {
    year: i64,
    /// From 1.
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Time {
    /// Reads `UTCTime` or `GeneralizedTime`.
    pub fn parse(time: &Element) -> Option<Self> {
        let (year_digits, text) = match time.tag {
            tag::UTC_TIME => (2, time.value),
            tag::GENERALIZED_TIME => (4, time.value),
            _ => return None,
        };
        let text = str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let number = |from: usize, len: usize| text.get(from..from + len)?.parse::<i64>().ok();
        let year = number(0, year_digits)?;
        let year = match year_digits {
            2 if year < 50 => year + 2000,
            2 => year + 1900,
            _ => year,
        };
        let field = |i: usize| number(year_digits + 2 * i, 2);
        let time = Self {
            year,
            month: field(0)?,
            day: field(1)?,
            hour: field(2)?,
            minute: field(3)?,
            second: field(4).unwrap_or(0),
        };
        (1..=12).contains(&time.month).then_some(time)
    }

    /// As `ASN1_TIME_print` writes it.
    pub fn text(&self) -> String {
        let Self {
            year,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        let month = MONTHS[self.month as usize - 1];
        format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT")
    }

    /// Seconds since 1970.
    pub fn seconds(&self) -> i64 {
        // Days by the Gregorian calendar, with years that begin in March.
        let year = if self.month <= 2 {
            self.year - 1
        } else {
            self.year
        };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        ((days * 24 + self.hour) * 60 + self.minute) * 60 + self.second
    }
}
