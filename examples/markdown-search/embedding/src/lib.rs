//! Text as a vector, by its words and letters alone.
//!
//! The embedding is *lexical*: texts are near each other if they share words,
//! neighbouring words or parts of words. It knows no meaning; "car" and
//! "automobile" are strangers to it. In exchange it needs no model, no network
//! and microseconds, and gives the same bits on every platform, so that the
//! pipeline (WebAssembly) and the query (native) agree. A pipeline that wants
//! meaning puts a model in the place of this crate.
//!
//! Each feature is hashed to four of the [`DIMENSIONS`] places, with signs that
//! the hash decides: where features collide they cancel out rather than add up,
//! and two that meet in one place are apart in the others.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod features;

use features::features;

/// The number of items of an embedding. Twice as many find a passage again more often
/// (by a tenth or so, among 15,000 of them) and take twice the room.
pub const DIMENSIONS: usize = 512;

/// Embeds a text. The vector has length 1, or 0 if the text has no words.
pub fn embed(text: &str) -> [f32; DIMENSIONS] {
    let mut features = features(text);
    // Equal features stand together then, and sums are taken in one order.
    features.sort_unstable();
    let mut vector = [0.0; DIMENSIONS];
    for equal in features.chunk_by(|a, b| a == b) {
        let Some(feature) = equal.first() else {
            continue;
        };
        // The tenth occurrence tells less than the first. A square root is exact
        // on every platform, unlike a logarithm.
        let frequency = (equal.len() as f32).sqrt();
        let value = feature.weight.factor() * frequency;
        for (place, sign) in places(feature.hash) {
            if let Some(item) = vector.get_mut(place) {
                *item += sign * value;
            }
        }
    }
    let length = vector.iter().map(|item| item * item).sum::<f32>().sqrt();
    if length > 0.0 {
        vector = vector.map(|item| item / length);
    }
    vector
}

/// Where a feature goes, and with which sign. Sixteen bits of the hash decide each.
fn places(hash: u64) -> impl Iterator<Item = (usize, f32)> {
    [0, 16, 32, 48].into_iter().map(move |shift| {
        let bits = (hash >> shift) as u16;
        let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
        (usize::from(bits) % DIMENSIONS, sign)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str) -> f32 {
        let (a, b) = (embed(a), embed(b));
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn length_is_one_or_zero() {
        let length = |text| embed(text).iter().map(|item| item * item).sum::<f32>();
        assert!((length("Reading a file line by line") - 1.0).abs() < 1e-5);
        assert_eq!(length(" -- !"), 0.0);
    }

    #[test]
    fn case_and_punctuation_do_not_count() {
        assert_eq!(embed("Read, the FILE!"), embed("read the file"));
    }

    #[test]
    fn shared_words_bring_texts_near() {
        let query = "parse a date from text";
        let near = similarity(
            query,
            "How to parse dates: a date is read from its text form",
        );
        let far = similarity(query, "Sockets are closed when the connection is dropped");
        assert!(near > far + 0.2, "{near} and {far}");
    }

    #[test]
    fn parts_of_words_bring_texts_near() {
        let near = similarity("serialization", "serializer");
        let far = similarity("serialization", "threadpool");
        assert!(near > far + 0.1, "{near} and {far}");
    }

    #[test]
    fn order_of_words_counts() {
        assert!(similarity("dog bites man", "man bites dog") < 0.99);
    }
}
