//! Of all formats together.

mod seeds;
mod speed;
