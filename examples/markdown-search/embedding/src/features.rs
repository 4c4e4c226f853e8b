//! What a text is made of: words, pairs of words, and runs of three letters.

/// One occurrence of a feature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feature {
    pub hash: u64,
    pub weight: Weight,
}

/// How much a feature tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Three letters.
    Letters,
    /// A word so short that it is probably a common one.
    ShortWord,
    /// Any other word.
    Word,
    /// Two words that follow each other.
    Pair,
}

impl Weight {
    pub fn factor(self) -> f32 {
        match self {
            Self::Letters => 1.0,
            Self::ShortWord => 0.5,
            Self::Word => 4.0,
            Self::Pair => 2.0,
        }
    }
}

/// Words of up to this many letters are short.
const SHORT: usize = 3;

/// All features of a text, in the order in which they occur.
pub fn features(text: &str) -> Vec<Feature> {
    let text = text.to_lowercase();
    let mut features = Vec::new();
    let mut previous: Option<&str> = None;
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let short = word.chars().count() <= SHORT;
        features.push(Feature {
            hash: hash(b"word", word),
            weight: if short {
                Weight::ShortWord
            } else {
                Weight::Word
            },
        });
        if !short {
            features.extend(letters(word));
        }
        if let Some(previous) = previous.replace(word) {
            features.push(Feature {
                hash: hash(b"pair", &format!("{previous} {word}")),
                weight: Weight::Pair,
            });
        }
    }
    features
}

/// Every run of three letters of a word, whose beginning and end count as letters.
fn letters(word: &str) -> impl Iterator<Item = Feature> {
    let marked: Vec<_> = format!("^{word}$").chars().collect();
    let runs: Vec<_> = marked
        .windows(3)
        .map(|run| Feature {
            hash: hash(b"letters", &run.iter().collect::<String>()),
            weight: Weight::Letters,
        })
        .collect();
    runs.into_iter()
}

/// FNV-1a, finished as MurmurHash3 is: every bit of the result is used, and FNV
/// alone leaves some of them poor.
fn hash(kind: &[u8], text: &str) -> u64 {
    let bytes = kind.iter().chain(&[0]).chain(text.as_bytes());
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pairs_and_letters_are_features() {
        let count = |text| features(text).len();
        assert_eq!(count(""), 0);
        assert_eq!(count("the"), 1);
        // The word itself and ^fi, fil, ile, le$.
        assert_eq!(count("file"), 5);
        assert_eq!(count("the file"), 7);
    }

    #[test]
    fn hash_is_pinned_since_tables_hold_its_results() {
        assert_eq!(hash(b"word", "lance"), 13_560_307_871_410_683_416);
    }
}
