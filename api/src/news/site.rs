//! The publication as a whole: what it is called, where it is, when it is.

use jiff::tz::TimeZone;

#[derive(Clone, Debug)]
pub struct Site {
    pub name: String,
    pub time_zone: TimeZone,
    /// BCP 47 tags; the first is the home language.
    pub languages: Vec<String>,
    /// The base of every address, without a slash at its end.
    pub public_url: String,
}

impl Site {
    pub fn home_language(&self) -> &str {
        self.languages.first().map_or("en", String::as_str)
    }

    /// Where a reader finds the story.
    pub fn story_url(&self, slug: &str) -> String {
        format!("{}/articles/{slug}", self.public_url)
    }
}
