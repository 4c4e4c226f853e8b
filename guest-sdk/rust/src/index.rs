//! Indexes: their kinds and settings, as an author declares them.
//!
//! Only what was said is sent. What holds otherwise is for the host, which knows
//! the column and the number of rows.

/// A declared kind of index, and what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) kind: &'static str,
    pub(crate) settings: Vec<(String, String)>,
}

impl Declaration {
    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            settings: Vec::new(),
        }
    }

    /// What is said twice counts as said last.
    fn set(&mut self, name: &str, value: impl ToString) {
        self.settings.retain(|(other, _)| other != name);
        self.settings.push((name.to_owned(), value.to_string()));
    }
}

/// The methods of a table that declare indexes.
macro_rules! declares_indexes {
    () => {
        /// Declares an index for the search of the nearest vectors.
        ///
        /// Indexes are a part of what should exist: one is built after the rows have
        /// landed, replaced when its declaration changes, and dropped when it is no
        /// longer declared.
        ///
        /// ```
        /// # use lance_host_sdk::prelude::*;
        /// # #[derive(Row)]
        /// # struct Document { #[row(key)] id: String, embedding: [f32; 384] }
        /// # fn declare(table: &Table<Document>) -> Result<(), lance_host_sdk::Error> {
        /// table.declare_vector_index(
        ///     "embedding",
        ///     VectorIndex::ivf_pq().metric(Metric::Cosine).num_sub_vectors(48),
        /// )?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        /// If there is no such column, it holds no vectors, or a setting does not suit
        /// the kind of index.
        pub fn declare_vector_index(
            &self,
            column: &str,
            index: $crate::VectorIndex,
        ) -> Result<(), $crate::Error> {
            self.declare_index(column, index.0)
        }

        /// Declares an index for the search of words.
        ///
        /// ```
        /// # use lance_host_sdk::prelude::*;
        /// # #[derive(Row)]
        /// # struct Document { #[row(key)] id: String, text: String }
        /// # fn declare(table: &Table<Document>) -> Result<(), lance_host_sdk::Error> {
        /// table.declare_fts_index("text", FtsIndex::default().language("French"))?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        /// If there is no such column, it holds no text, or a setting is wrong.
        pub fn declare_fts_index(
            &self,
            column: &str,
            index: $crate::FtsIndex,
        ) -> Result<(), $crate::Error> {
            self.declare_index(column, index.0)
        }

        /// Declares an index for conditions on values.
        ///
        /// ```
        /// # use lance_host_sdk::prelude::*;
        /// # #[derive(Row)]
        /// # struct Document { #[row(key)] id: String, words: u32 }
        /// # fn declare(table: &Table<Document>) -> Result<(), lance_host_sdk::Error> {
        /// table.declare_scalar_index("words", ScalarIndex::BTree)?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        /// If there is no such column, or its type has no such index.
        pub fn declare_scalar_index(
            &self,
            column: &str,
            index: $crate::ScalarIndex,
        ) -> Result<(), $crate::Error> {
            self.declare_index(column, index.declaration())
        }

        fn declare_index(
            &self,
            column: &str,
            index: $crate::index::Declaration,
        ) -> Result<(), $crate::Error> {
            let declared = self.declared.borrow();
            declared.declare_index(column, index.kind, &index.settings)
        }
    };
}

pub(crate) use declares_indexes;

/// Kinds of index, and settings that take a value as it is.
macro_rules! methods {
    (kinds: $($(#[$kind_doc:meta])* $kind:ident: $text:literal;)*) => {$(
        $(#[$kind_doc])*
        pub fn $kind() -> Self {
            Self(Declaration::new($text))
        }
    )*};
    (settings: $($(#[$doc:meta])* $name:ident: $setting:literal, $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, value: $type) -> Self {
            self.0.set($setting, value);
            self
        }
    )*};
}

/// An index for the search of the nearest vectors: its kind and settings.
///
/// All kinds divide the vectors into partitions, of which a search visits a few. They
/// differ in how a partition keeps its vectors: in full (`flat`), in eight bits a number
/// (`sq`), as products of parts (`pq`) or as bits after a rotation (`rq`), and in
/// whether it has a graph (`hnsw`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an index is declared by `declare_vector_index`"]
pub struct VectorIndex(pub(crate) Declaration);

impl VectorIndex {
    methods! { kinds:
        /// Vectors in full: exact within the partitions visited, and as large as the column.
        ivf_flat: "ivf-flat";
        /// Scalar quantization: a quarter of the size, nearly exact.
        ivf_sq: "ivf-sq";
        /// Product quantization: small; what most tables want.
        ivf_pq: "ivf-pq";
        /// RaBitQ quantization: the smallest, and quick to build.
        ivf_rq: "ivf-rq";
        /// A graph over vectors in full.
        ivf_hnsw_flat: "ivf-hnsw-flat";
        /// A graph over vectors after scalar quantization.
        ivf_hnsw_sq: "ivf-hnsw-sq";
        /// A graph over vectors after product quantization.
        ivf_hnsw_pq: "ivf-hnsw-pq";
    }

    /// How far apart two vectors are.
    pub fn metric(mut self, metric: Metric) -> Self {
        let metric = match metric {
            Metric::L2 => "l2",
            Metric::Cosine => "cosine",
            Metric::Dot => "dot",
            Metric::Hamming => "hamming",
        };
        self.0.set("metric", metric);
        self
    }

    methods! { settings:
        /// The number of partitions. If nothing is said, it follows the number of rows.
        num_partitions: "num-partitions", u32;
        /// The rows of a partition, in place of the number of partitions.
        target_partition_size: "target-partition-size", u32;
        /// The vectors to train with, for each partition.
        sample_rate: "sample-rate", u32;
        /// The most steps of training.
        max_iterations: "max-iterations", u32;
        /// `…_pq`: the parts of a vector, a divisor of its dimension.
        num_sub_vectors: "num-sub-vectors", u32;
        /// `…_pq`, `ivf_rq`: the bits of each part.
        num_bits: "num-bits", u32;
        /// `ivf_hnsw_…`: the edges of each node of the graph.
        m: "m", u32;
        /// `ivf_hnsw_…`: the candidates for those edges.
        ef_construction: "ef-construction", u32;
    }
}

/// How far apart two vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// The distance of points.
    L2,
    /// The angle between arrows, whatever their length.
    Cosine,
    /// The dot product.
    Dot,
    /// The bits that differ, for vectors of bytes.
    Hamming,
}

/// An index for the search of words: how text becomes words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an index is declared by `declare_fts_index`"]
pub struct FtsIndex(pub(crate) Declaration);

impl Default for FtsIndex {
    /// Words of letters and digits, in English, as the host has it.
    fn default() -> Self {
        Self(Declaration::new("fts"))
    }
}

impl FtsIndex {
    /// What splits text.
    pub fn tokenizer(mut self, tokenizer: Tokenizer) -> Self {
        let tokenizer = match tokenizer {
            Tokenizer::Simple => "simple",
            Tokenizer::Whitespace => "whitespace",
            Tokenizer::Raw => "raw",
            Tokenizer::Ngram => "ngram",
            Tokenizer::Icu => "icu",
            Tokenizer::IcuSplit => "icu/split",
            Tokenizer::Code => "code",
        };
        self.0.set("tokenizer", tokenizer);
        self
    }

    /// How long a word may be, in bytes; `None` keeps all. Longer ones are left out.
    pub fn max_token_length(mut self, length: Option<u32>) -> Self {
        match length {
            Some(length) => self.0.set("max-token-length", length),
            None => self.0.set("max-token-length", "none"),
        }
        self
    }

    /// Words to leave out, in place of those of the language.
    pub fn stop_words<T: Into<String>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        self.0.set("stop-words", serde_json::Value::from(words));
        self
    }

    methods! { settings:
        /// The language of the text by its English name, such as `French`.
        language: "language", &str;
        /// Whether capital letters are small ones.
        lower_case: "lower-case", bool;
        /// Whether words are cut to their stems.
        stem: "stem", bool;
        /// Whether the most frequent words are left out.
        remove_stop_words: "remove-stop-words", bool;
        /// Whether accents are taken off.
        ascii_folding: "ascii-folding", bool;
        /// Whether the places of words are kept, which phrases need.
        with_position: "with-position", bool;
        /// [`Tokenizer::Ngram`]: the least characters of a part.
        ngram_min: "ngram-min", u32;
        /// [`Tokenizer::Ngram`]: the most characters of a part.
        ngram_max: "ngram-max", u32;
        /// [`Tokenizer::Ngram`]: whether only the beginnings of words are kept.
        ngram_prefix_only: "ngram-prefix-only", bool;
    }
}

/// What splits text into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tokenizer {
    /// At spaces and punctuation.
    Simple,
    /// At spaces.
    Whitespace,
    /// Not at all: the whole text is one word.
    Raw,
    /// Into parts of some characters, for the search of parts of words.
    Ngram,
    /// At the word boundaries of Unicode.
    Icu,
    /// At the word boundaries of Unicode, and within them.
    IcuSplit,
    /// As source code is split.
    Code,
}

/// An index for conditions on values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScalarIndex {
    /// A tree, for columns with many different values.
    BTree,
    /// A set of rows for each value, for columns with few different ones.
    Bitmap,
    /// A set of rows for each item of lists.
    LabelList,
}

impl ScalarIndex {
    pub(crate) fn declaration(self) -> Declaration {
        Declaration::new(match self {
            Self::BTree => "btree",
            Self::Bitmap => "bitmap",
            Self::LabelList => "label-list",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_sent(declaration: &Declaration, kind: &str, settings: &[(&str, &str)]) {
        assert_eq!(declaration.kind, kind);
        let sent = declaration.settings.iter();
        let sent: Vec<_> = sent
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(sent, settings);
    }

    #[test]
    fn only_settings_that_were_said_are_sent_and_the_last_counts() {
        assert_sent(&VectorIndex::ivf_flat().0, "ivf-flat", &[]);
        let index = VectorIndex::ivf_hnsw_pq()
            .metric(Metric::L2)
            .num_partitions(16)
            .num_sub_vectors(8)
            .num_bits(4)
            .m(12)
            .ef_construction(100)
            .metric(Metric::Dot);
        assert_sent(
            &index.0,
            "ivf-hnsw-pq",
            &[
                ("num-partitions", "16"),
                ("num-sub-vectors", "8"),
                ("num-bits", "4"),
                ("m", "12"),
                ("ef-construction", "100"),
                ("metric", "dot"),
            ],
        );
    }

    #[test]
    fn stop_words_are_a_json_list_and_a_length_may_be_none() {
        assert_sent(&FtsIndex::default().0, "fts", &[]);
        let index = FtsIndex::default()
            .tokenizer(Tokenizer::IcuSplit)
            .stop_words(["a", "\"b\""])
            .stem(false)
            .max_token_length(None);
        assert_sent(
            &index.0,
            "fts",
            &[
                ("tokenizer", "icu/split"),
                ("stop-words", r#"["a","\"b\""]"#),
                ("stem", "false"),
                ("max-token-length", "none"),
            ],
        );
    }

    #[test]
    fn scalar_indexes_have_a_kind_and_no_settings() {
        assert_sent(&ScalarIndex::LabelList.declaration(), "label-list", &[]);
    }
}
