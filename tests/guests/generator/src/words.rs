//! The vocabulary: 256 words of four to eight letters.

use crate::numbers::Numbers;

const CONSONANTS: &[u8; 16] = b"bcdfghjklmnprstv";
const VOWELS: &[u8; 4] = b"aeio";
const ENDINGS: [&str; 5] = ["", "n", "rt", "sion", "ment"];

/// All words, by the number that chooses them.
pub struct Words(Vec<String>);

impl Words {
    pub fn new() -> Self {
        let letter = |letters: &[u8], at: usize| {
            letters
                .get(at % letters.len())
                .copied()
                .map_or(' ', char::from)
        };
        let word = |k: usize| {
            let mut word = String::from_iter([
                letter(CONSONANTS, k),
                letter(VOWELS, k >> 4),
                letter(CONSONANTS, k * 7 + 3),
                letter(VOWELS, k >> 6),
            ]);
            word.push_str(ENDINGS.get(k % ENDINGS.len()).copied().unwrap_or_default());
            word
        };
        Self((0..256).map(word).collect())
    }

    /// The word at a position of a row.
    pub fn at(&self, numbers: Numbers, position: u64) -> &str {
        let chosen = (numbers.at(position) >> 17) & 255;
        self.0.get(chosen as usize).map_or("", String::as_str)
    }

    /// Replaces `text` by the `count` words from `first` on.
    pub fn write(&self, text: &mut String, numbers: Numbers, first: u64, count: u64) {
        text.clear();
        for position in first..first + count {
            if position > first {
                text.push(' ');
            }
            text.push_str(self.at(numbers, position));
        }
    }
}
