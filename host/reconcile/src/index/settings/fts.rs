//! Settings of full-text indexes. The defaults are those of LanceDB.

use arrow::datatypes::DataType;
use lancedb::index::scalar::{DocumentGranularity, FtsIndexBuilder};

use super::{Problem, Reader};

/// Tokenizers that need no files beside the program. Those of Jieba and Lindera need language
/// models, which a pipeline could not bring to every machine that runs it.
const TOKENIZERS: [&str; 7] = [
    "simple",
    "whitespace",
    "raw",
    "ngram",
    "icu",
    "icu/split",
    "code",
];

/// Languages that Lance can stem.
const LANGUAGES: [&str; 18] = [
    "Arabic",
    "Danish",
    "Dutch",
    "English",
    "Finnish",
    "French",
    "German",
    "Greek",
    "Hungarian",
    "Italian",
    "Norwegian",
    "Portuguese",
    "Romanian",
    "Russian",
    "Spanish",
    "Swedish",
    "Tamil",
    "Turkish",
];

pub(super) fn read(
    reader: &mut Reader<'_>,
    data_type: &DataType,
) -> Result<FtsIndexBuilder, Problem> {
    let tokenizer = reader.word("tokenizer", &TOKENIZERS, "simple")?;
    let language = reader.word("language", &LANGUAGES, "English")?;
    // Parts of words and identifiers are not words of a language.
    let words = !matches!(tokenizer, "ngram" | "code");
    let mut params = FtsIndexBuilder::default()
        .base_tokenizer(tokenizer.to_owned())
        .language(language)
        .map_err(|error| Problem::unsupported(format!("language {language}: {error}")))?
        .max_token_length(max_token_length(reader)?)
        .lower_case(reader.flag("lower-case", true)?)
        .stem(reader.flag("stem", words)?)
        .remove_stop_words(reader.flag("remove-stop-words", words)?)
        .custom_stop_words(stop_words(reader)?)
        .ascii_folding(reader.flag("ascii-folding", true)?)
        .with_position(reader.flag("with-position", true)?);
    if tokenizer == "ngram" {
        params = ngram(reader, params)?;
    }
    if tokenizer == "code" {
        params = params
            .split_identifiers(reader.flag("split-identifiers", false)?)
            .split_on_numerics(reader.flag("split-on-numerics", true)?)
            .preserve_original(reader.flag("preserve-original", true)?)
            .index_operators(reader.flag("index-operators", false)?);
    }
    if matches!(data_type, DataType::List(_) | DataType::LargeList(_)) {
        let document = reader.word("document", &["row", "item"], "row")?;
        if document == "item" {
            params = params.document_granularity(DocumentGranularity::ListElement);
        }
    }
    // What remains is known to Lance alone, such as the languages that have stop words.
    match params.build() {
        Ok(_) => Ok(params),
        Err(error) => Err(Problem::unsupported(format!(
            "these settings of a full-text index do not go together: {error}"
        ))),
    }
}

fn max_token_length(reader: &mut Reader<'_>) -> Result<Option<usize>, Problem> {
    const NAME: &str = "max-token-length";
    const DEFAULT: &str = "40";
    let text = reader.take(NAME).unwrap_or(DEFAULT);
    let length = match text {
        "none" => None,
        text => match text.parse::<u32>() {
            Ok(length) if length > 0 => Some(length),
            _ => {
                return Err(Problem::value(format!(
                    "setting {NAME} is {text:?}; give a whole number from 1, or none"
                )));
            }
        },
    };
    let canonical = length.map_or("none".to_owned(), |length| length.to_string());
    reader.note(NAME, canonical, Some(DEFAULT.to_owned()));
    Ok(length.and_then(|length| usize::try_from(length).ok()))
}

fn stop_words(reader: &mut Reader<'_>) -> Result<Option<Vec<String>>, Problem> {
    const NAME: &str = "stop-words";
    let Some(text) = reader.take(NAME) else {
        return Ok(None);
    };
    let words: Vec<String> = serde_json::from_str(text)
        .map_err(|_| Problem::value(format!("setting {NAME} is not a JSON list of text")))?;
    reader.note(NAME, serde_json::json!(words).to_string(), None);
    Ok(Some(words))
}

fn ngram(reader: &mut Reader<'_>, params: FtsIndexBuilder) -> Result<FtsIndexBuilder, Problem> {
    let min = reader.count("ngram-min", 1..=64, 3)?;
    let max = reader.count("ngram-max", 1..=64, min.max(3))?;
    if min > max {
        return Err(Problem::value(format!(
            "setting ngram-min is {min}, which is more than ngram-max, {max}"
        )));
    }
    Ok(params
        .ngram_min_length(min)
        .ngram_max_length(max)
        .ngram_prefix_only(reader.flag("ngram-prefix-only", false)?))
}
