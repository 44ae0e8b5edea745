//! Time zones by their IANA names, for local times beside the UTC ones.
//!
//! Always from the database that is compiled in, never from the machine's: every server of a house then answers alike.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of that name, such as `Europe/Kyiv`; case does not matter, old names (`Europe/Kiev`) are known.
pub fn parse(name: &str) -> Result<TimeZone, String> {
    ZONES.get(name).map_err(|_| match nearest(name) {
        Some(near) => format!("is no known time zone; did you mean {near}?"),
        None => "is no known time zone; write an IANA name such as Europe/Kyiv or UTC".to_owned(),
    })
}

/// The instant as people in that zone write it: RFC 3339 with the zone's offset, `2026-01-12T20:26:00+02:00`; fractions of
/// a second only if there are any.
///
/// RFC 3339 has no seconds in offsets, but local mean times before zones were introduced do (Kyiv until 1924: +02:02:04).
/// The offset is rounded to the minute first, so that what is written is still the same instant.
pub fn in_zone(instant: Timestamp, zone: &TimeZone) -> String {
    let exact = zone.to_offset(instant).seconds();
    let minutes = (exact + 30 * exact.signum()) / 60;
    let offset = Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC);
    instant.display_with_offset(offset).to_string()
}

/// The known name most like `name`; people mostly leave out the continent (`kyiv`) or misspell the city.
fn nearest(name: &str) -> Option<String> {
    let wanted = name.trim().replace(' ', "_").to_ascii_lowercase();
    // Distance costs their product, and no zone is called that.
    if wanted.is_empty() || wanted.len() > 60 {
        return None;
    }
    let likeness = |zone: &str| {
        let zone = zone.to_ascii_lowercase();
        let city = zone.rsplit('/').next().unwrap_or_default();
        strsim::jaro_winkler(&zone, &wanted).max(strsim::jaro_winkler(city, &wanted))
    };
    let scored = ZONES
        .available()
        .map(|zone| (likeness(zone.as_str()), zone.as_str().to_owned()));
    let (score, zone) = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))?;
    (score > 0.8).then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(instant: &str, zone: &str) -> String {
        in_zone(instant.parse().unwrap(), &parse(zone).unwrap())
    }

    #[test]
    fn local_times_carry_their_offset() {
        assert_eq!(
            local("2026-01-12T18:26:00Z", "Europe/Kyiv"),
            "2026-01-12T20:26:00+02:00"
        );
        assert_eq!(
            local("2026-07-12T18:26:00Z", "Europe/Kyiv"),
            "2026-07-12T21:26:00+03:00"
        );
        assert_eq!(
            local("2026-01-12T18:26:00.000001Z", "europe/kiev"),
            "2026-01-12T20:26:00.000001+02:00"
        );
        assert_eq!(
            local("2026-01-12T18:26:00.500Z", "America/St_Johns"),
            "2026-01-12T14:56:00.5-03:30"
        );
        assert_eq!(local("2026-01-12T18:26:00Z", "UTC"), "2026-01-12T18:26:00+00:00");
        assert_eq!(
            local("2026-01-12T18:26:00Z", "Asia/Kathmandu"),
            "2026-01-13T00:11:00+05:45"
        );
    }

    #[test]
    fn times_before_zones_stay_the_same_instant() {
        for zone in ["Europe/Kyiv", "America/New_York", "Africa/Monrovia", "Asia/Manila"] {
            let written = local("1850-06-01T12:00:00Z", zone);
            assert_eq!(
                written.parse::<Timestamp>().unwrap().to_string(),
                "1850-06-01T12:00:00Z",
                "{zone}: {written}"
            );
        }
    }

    #[test]
    fn an_unknown_zone_is_answered_with_the_nearest() {
        for (name, near) in [
            ("Europe/Kyv", "Europe/Kyiv"),
            ("kyiv", "Europe/Kyiv"),
            ("New York", "America/New_York"),
            ("Europe/Londn", "Europe/London"),
        ] {
            assert_eq!(parse(name), Err(format!("is no known time zone; did you mean {near}?")));
        }
        for name in [
            "",
            "EET-2EEST",
            "+02:00",
            "../etc/passwd",
            "zzzzzz",
            "\0",
            &"Europe/".repeat(10_000),
        ] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
