//! What a component is made of.

use std::fmt::Write;

use lance_host_sandbox::{Inspection, Producer, Sdk};
use serde::Serialize;

use super::words::{count, harmless};

/// One line for each fact, longer lists indented below their name.
pub fn text(inspection: &Inspection) -> String {
    let contract = inspection
        .contract
        .as_deref()
        .map_or("none", |version| version);
    let sdk = inspection.sdk.as_ref().map_or_else(
        || "none".to_owned(),
        |Sdk { language, version }| format!("{language} {version}"),
    );
    let mut text = format!(
        "size      {} bytes\ncontract  {contract}\nsdk       {}\n",
        count(inspection.size),
        harmless(sdk.trim_end())
    );
    match &inspection.runnable {
        Ok(()) => text.push_str("runnable  yes\n"),
        Err(reason) => {
            let reason = harmless(reason).replace('\n', "\n          ");
            text.push_str(&format!("runnable  no: {reason}\n"));
        }
    }
    let made_by: Vec<String> = inspection.producers.iter().map(made_by).collect();
    for (name, entries) in [
        ("imports", &inspection.imports),
        ("exports", &inspection.exports),
        ("made by", &made_by),
    ] {
        if !entries.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name}");
            for entry in entries {
                let _ = writeln!(text, "  {}", harmless(entry));
            }
        }
    }
    text
}

fn made_by(producer: &Producer) -> String {
    let Producer {
        role,
        name,
        version,
    } = producer;
    format!("{role}: {name} {version}").trim_end().to_owned()
}

/// The inspection as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    size: u64,
    contract: Option<&'a str>,
    sdk: Option<JsonSdk<'a>>,
    runnable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    imports: &'a [String],
    exports: &'a [String],
    producers: Vec<JsonProducer<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonSdk<'a> {
    language: &'a str,
    version: &'a str,
}

#[derive(Debug, Serialize)]
struct JsonProducer<'a> {
    role: &'a str,
    name: &'a str,
    version: &'a str,
}

impl<'a> Json<'a> {
    /// The same facts under stable names.
    pub fn new(inspection: &'a Inspection) -> Self {
        Self {
            size: inspection.size,
            contract: inspection.contract.as_deref(),
            sdk: inspection
                .sdk
                .as_ref()
                .map(|Sdk { language, version }| JsonSdk { language, version }),
            runnable: inspection.runnable.is_ok(),
            reason: inspection.runnable.as_ref().err().map(String::as_str),
            imports: &inspection.imports,
            exports: &inspection.exports,
            producers: inspection
                .producers
                .iter()
                .map(
                    |Producer {
                         role,
                         name,
                         version,
                     }| JsonProducer {
                        role,
                        name,
                        version,
                    },
                )
                .collect(),
        }
    }
}
