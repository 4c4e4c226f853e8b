//! Settings of vector indexes. The defaults are those of LanceDB.

use std::fmt;

use arrow::datatypes::DataType;

use super::{Problem, Reader};
use crate::index::kind::{Quantizer, VectorKind, is_multivector, vector_of};

/// What a vector index is built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VectorParameters {
    pub(crate) metric: Metric,
    /// How many partitions; by the number of rows if nothing is said.
    pub(crate) num_partitions: Option<u32>,
    /// Rows a partition, to choose the number of partitions by.
    pub(crate) target_partition_size: Option<u32>,
    /// Vectors a partition to train with.
    pub(crate) sample_rate: u32,
    pub(crate) max_iterations: u32,
    pub(crate) quantization: Quantization,
    /// The graph in each partition, if there is one.
    pub(crate) hnsw: Option<Hnsw>,
}

/// How near vectors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    L2,
    Cosine,
    Dot,
    /// Differing bits, for bytes.
    Hamming,
}

/// How vectors are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantization {
    Flat,
    Scalar,
    Product { sub_vectors: u32, bits: u32 },
    Rabit { bits: u8 },
}

/// How the graph is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hnsw {
    /// Edges of a node.
    pub(crate) m: u32,
    pub(crate) ef_construction: u32,
}

impl Metric {
    fn as_str(self) -> &'static str {
        match self {
            Self::L2 => "l2",
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::Hamming => "hamming",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl VectorParameters {
    /// How many vectors it takes to train everything that is asked for.
    pub(crate) fn min_vectors(&self) -> u64 {
        let partitions = u64::from(self.num_partitions.unwrap_or(0));
        match self.quantization {
            // A code of a codebook needs a vector, and Lance makes no partition of fewer
            // vectors than it trains one with.
            Quantization::Product { bits, .. } => {
                (1 << bits).max(partitions * u64::from(self.sample_rate))
            }
            _ => partitions.max(1),
        }
    }
}

/// The most partitions that are allowed: twice as many as Lance makes by itself.
const PARTITIONS: u32 = 8192;

pub(super) fn read(
    reader: &mut Reader<'_>,
    kind: VectorKind,
    data_type: &DataType,
) -> Result<VectorParameters, Problem> {
    let metric = metric(reader, data_type)?;
    let num_partitions = reader.optional("num-partitions", 1..=PARTITIONS)?;
    let target_partition_size = reader.optional("target-partition-size", 1..=u32::MAX)?;
    if num_partitions.is_some() && target_partition_size.is_some() {
        return Err(Problem::value(
            "settings num-partitions and target-partition-size exclude each other; give one"
                .to_owned(),
        ));
    }
    let sample_rate = reader.count("sample-rate", 2..=65_536, 256)?;
    let max_iterations = reader.count("max-iterations", 1..=10_000, 50)?;
    let dimension = vector_of(data_type).map_or(0, |(_, dimension)| dimension);
    Ok(VectorParameters {
        metric,
        num_partitions,
        target_partition_size,
        sample_rate,
        max_iterations,
        quantization: quantization(reader, kind.quantizer, dimension)?,
        hnsw: match kind.hnsw {
            true => Some(Hnsw {
                m: reader.count("m", 2..=1024, 20)?,
                ef_construction: reader.count("ef-construction", 1..=65_536, 300)?,
            }),
            false => None,
        },
    })
}

fn metric(reader: &mut Reader<'_>, data_type: &DataType) -> Result<Metric, Problem> {
    let is_bytes = vector_of(data_type).is_some_and(|(item, _)| *item == DataType::UInt8);
    let (metrics, default, of): (&[_], _, _) = if is_bytes {
        (&[Metric::Hamming], Metric::Hamming, "a vector of uint8")
    } else if is_multivector(data_type) {
        (&[Metric::Cosine], Metric::Cosine, "a list of vectors")
    } else {
        (
            &[Metric::L2, Metric::Cosine, Metric::Dot],
            // Embeddings are compared by their angle; LanceDB's own default is `l2`.
            Metric::Cosine,
            "a vector of floating-point numbers",
        )
    };
    let metric = match reader.take("metric") {
        None => default,
        Some(text) => *metrics
            .iter()
            .find(|metric| metric.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                let known: Vec<_> = metrics.iter().map(|metric| metric.as_str()).collect();
                Problem::unsupported(format!(
                    "setting metric has no value {text:?} for {of}; known: {}",
                    known.join(", ")
                ))
            })?,
    };
    reader.note("metric", metric, Some(default));
    Ok(metric)
}

fn quantization(
    reader: &mut Reader<'_>,
    quantizer: Quantizer,
    dimension: u32,
) -> Result<Quantization, Problem> {
    Ok(match quantizer {
        Quantizer::Flat => Quantization::Flat,
        Quantizer::Scalar => Quantization::Scalar,
        Quantizer::Product => product(reader, dimension)?,
        Quantizer::Rabit => {
            if !dimension.is_multiple_of(8) {
                return Err(Problem::unsupported(format!(
                    "an index of kind {} needs vectors of a multiple of 8 items, and these have {dimension}",
                    reader.kind
                )));
            }
            let bits = reader.count("num-bits", 1..=9, 5)?;
            Quantization::Rabit {
                bits: u8::try_from(bits).unwrap_or(u8::MAX),
            }
        }
    })
}

fn product(reader: &mut Reader<'_>, dimension: u32) -> Result<Quantization, Problem> {
    let sub_vectors = reader.optional("num-sub-vectors", 1..=dimension.max(1))?;
    let bits = reader.count("num-bits", 4..=8, 8)?;
    if bits != 4 && bits != 8 {
        return Err(Problem::value(format!(
            "setting num-bits is {bits}; give 4 or 8"
        )));
    }
    let sub_vectors = match sub_vectors {
        None => default_sub_vectors(dimension, bits),
        Some(number) if dimension.is_multiple_of(number) => number,
        Some(number) => {
            return Err(Problem::value(format!(
                "setting num-sub-vectors is {number}, which does not divide the {dimension} items of a vector"
            )));
        }
    };
    if bits == 4 && !(sub_vectors.is_multiple_of(2) && dimension.is_multiple_of(sub_vectors)) {
        return Err(Problem::value(format!(
            "setting num-bits is 4, which needs an even number of sub-vectors, and vectors of \
             {dimension} items have {sub_vectors}; give num-bits 8, or another num-sub-vectors"
        )));
    }
    Ok(Quantization::Product { sub_vectors, bits })
}

/// As LanceDB chooses, but for an odd number with 4 bits: that one adds 1, and gets a number
/// which need not divide the dimension.
fn default_sub_vectors(dimension: u32, bits: u32) -> u32 {
    let number = if dimension.is_multiple_of(16) {
        dimension / 16
    } else if dimension.is_multiple_of(8) {
        dimension / 8
    } else {
        1
    };
    match bits {
        4 if !number.is_multiple_of(2) => number * 2,
        _ => number,
    }
}
