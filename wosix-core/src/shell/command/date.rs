//! date, and the calendar (UTC: the system has no other time zone).

use super::Context;

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// date: prints or formats the time.
pub fn main(ctx: &mut Context) -> i32 {
    let long = [
        ("date", 'd'),
        ("utc", 'u'),
        ("iso-8601", 'I'),
        ("rfc-email", 'R'),
    ];
    let (options, operands) = match ctx.options("d:uIRr:", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let mut time = ctx.system.now();
    let mut format = "%a %b %e %H:%M:%S UTC %Y";
    for (letter, value) in &options {
        let value = value.as_deref().unwrap_or_default();
        match letter {
            'd' => match parse(value) {
                Some(parsed) => time = parsed,
                None if value == "now" => {}
                None => {
                    ctx.error(format_args!("invalid date '{value}'"));
                    return 1;
                }
            },
            'r' => match ctx.system.stat(value, true) {
                Ok(stat) => time = stat.mtime,
                Err(error) => {
                    ctx.path_error(value, error);
                    return 1;
                }
            },
            'I' if value.starts_with('s') => format = "%Y-%m-%dT%H:%M:%S+00:00",
            'I' => format = "%Y-%m-%d",
            'R' => format = "%a, %d %b %Y %H:%M:%S +0000",
            _ => {}
        }
    }
    if let Some(operand) = operands.first() {
        let Some(given) = operand.strip_prefix('+') else {
            ctx.error(format_args!("invalid date '{operand}'"));
            return 1;
        };
        format = given;
    }
    let text = self::format(format, time);
    ctx.line(text);
    0
}

/// Year, month (1-12) and day of a number of days since 1970, in the proleptic Gregorian calendar.
pub fn civil(days: i64) -> (i64, u32, u32) {
    // Years begin in March here, so that the leap day is a year's last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

/// Days since 1970 of a date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Milliseconds since the epoch of `2024-01-31`, `2024-01-31T10:20:30Z`, `2024-01-31 10:20` or `@seconds`.
pub fn parse(text: &str) -> Option<f64> {
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse::<f64>().ok().map(|seconds| seconds * 1e3);
    }
    let text = text.trim().trim_end_matches('Z');
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut parts = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let hours = parts.next()??;
    let minutes = parts.next().unwrap_or(Some(0.0))?;
    let seconds = parts.next().unwrap_or(Some(0.0))?;
    let days = days_from_civil(year, month, day);
    Some(((days * DAY) as f64 + hours * 3600.0 + minutes * 60.0 + seconds) * 1e3)
}

/// strftime(3) of a time in milliseconds.
pub fn format(format: &str, ms: f64) -> String {
    let seconds = (ms / 1e3).floor() as i64;
    let nanos = ((ms - seconds as f64 * 1e3) * 1e6) as i64;
    let days = seconds.div_euclid(DAY);
    let in_day = seconds.rem_euclid(DAY);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
    let weekday = (days + 4).rem_euclid(7) as usize;
    let day_of_year = days - days_from_civil(year, 1, 1) + 1;
    let month_name = MONTHS[month as usize - 1];
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut letter = chars.next();
        let unpadded = letter == Some('-');
        if unpadded {
            letter = chars.next();
        }
        let two = |value: i64| {
            if unpadded {
                value.to_string()
            } else {
                format!("{value:02}")
            }
        };
        let piece = match letter {
            Some('Y') => year.to_string(),
            Some('y') => two(year.rem_euclid(100)),
            Some('m') => two(i64::from(month)),
            Some('d') => two(i64::from(day)),
            Some('e') => format!("{day:2}"),
            Some('H') => two(hour),
            Some('I') => two(hour12),
            Some('M') => two(minute),
            Some('S') => two(second),
            Some('N') => format!("{nanos:09}"),
            Some('j') => format!("{day_of_year:03}"),
            Some('a') => WEEKDAYS[weekday][..3].into(),
            Some('A') => WEEKDAYS[weekday].into(),
            Some('b' | 'h') => month_name[..3].into(),
            Some('B') => month_name.into(),
            Some('u') => {
                if weekday == 0 {
                    "7".into()
                } else {
                    weekday.to_string()
                }
            }
            Some('w') => weekday.to_string(),
            Some('p') => {
                if hour < 12 {
                    "AM".into()
                } else {
                    "PM".into()
                }
            }
            Some('s') => seconds.to_string(),
            Some('F') => format!("{year}-{month:02}-{day:02}"),
            Some('T') => format!("{hour:02}:{minute:02}:{second:02}"),
            Some('R') => format!("{hour:02}:{minute:02}"),
            Some('D') => format!("{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
            Some('c') => self::format("%a %b %e %H:%M:%S %Y", ms),
            Some('z') => "+0000".into(),
            Some('Z') => "UTC".into(),
            Some('n') => "\n".into(),
            Some('t') => "\t".into(),
            Some('%') => "%".into(),
            Some(other) => format!("%{other}"),
            None => "%".into(),
        };
        out.push_str(&piece);
    }
    out
}
