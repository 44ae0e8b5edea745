//! What stands in the index. A change here is a new `NUMBER`: the index is then made anew from the database.

use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};

/// Of this layout and of how words are treated. Count it up with any change of either.
pub const NUMBER: u32 = 1;

/// The fields, by their place.
#[derive(Clone, Copy)]
pub struct Fields {
    pub id: Field,
    /// The id once more, in halves, for the order of hits.
    pub id_high: Field,
    pub id_low: Field,
    /// Stems of all its text, headline, summary and byline among it.
    pub text: Field,
    pub headline: Field,
    pub summary: Field,
    pub byline: Field,
    /// Folded words of all its text, for beginnings of words and for spelling.
    pub words: Field,
    /// Folded words of the headline.
    pub title: Field,
    pub language: Field,
    /// Ids of topics, ancestors among them.
    pub topic: Field,
    pub channel: Field,
    pub source: Field,
    pub genre: Field,
    pub urgency: Field,
    pub first_published: Field,
    pub published: Field,
    pub version_created: Field,
    pub expires: Field,
}

pub fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    // What comes in is divided by spaces already.
    let words = |record, norms| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(record);
        TextOptions::default().set_indexing_options(indexing.set_fieldnorms(norms))
    };
    let text = || words(IndexRecordOption::WithFreqsAndPositions, true);
    let plain = || words(IndexRecordOption::Basic, false);
    let fields = Fields {
        id: schema.add_bytes_field("id", INDEXED),
        id_high: schema.add_u64_field("id_high", FAST),
        id_low: schema.add_u64_field("id_low", FAST),
        text: schema.add_text_field("text", text()),
        headline: schema.add_text_field("headline", text()),
        summary: schema.add_text_field("summary", text()),
        byline: schema.add_text_field("byline", text()),
        words: schema.add_text_field("words", plain()),
        title: schema.add_text_field("title", plain()),
        language: schema.add_text_field("language", STRING | FAST),
        topic: schema.add_text_field("topic", STRING | FAST),
        channel: schema.add_text_field("channel", STRING),
        source: schema.add_text_field("source", STRING | FAST),
        genre: schema.add_text_field("genre", STRING),
        urgency: schema.add_u64_field("urgency", INDEXED),
        first_published: schema.add_i64_field("first_published", FAST),
        published: schema.add_i64_field("published", FAST),
        version_created: schema.add_i64_field("version_created", FAST),
        // Few stories have one: a list of those that do is shorter than a column for all.
        expires: schema.add_i64_field("expires", INDEXED),
    };
    (schema.build(), fields)
}
