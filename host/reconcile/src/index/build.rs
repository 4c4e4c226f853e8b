//! What Lance is told to build.

use lance::index::{IndexParams, vector::VectorIndexParams};
use lance_index::{
    IndexType,
    scalar::{BuiltinIndexType, ScalarIndexParams},
    vector::{
        bq::RQBuildParams, hnsw::builder::HnswBuildParams, ivf::IvfBuildParams, pq::PQBuildParams,
        sq::builder::SQBuildParams,
    },
};
use lancedb::DistanceType;

use super::{
    declared::DeclaredIndex,
    kind::Kind,
    settings::{Metric, Parameters, Quantization, VectorParameters},
};

/// The type and the parameters of an index, as Lance takes them.
pub(super) fn parameters(index: &DeclaredIndex) -> (IndexType, Box<dyn IndexParams>) {
    let scalar = |kind| Box::new(ScalarIndexParams::for_builtin(kind));
    match (&index.parameters, index.kind) {
        (Parameters::Vector(parameters), _) => (IndexType::Vector, Box::new(vector(parameters))),
        (Parameters::Fts(parameters), _) => (IndexType::Inverted, parameters.clone()),
        (Parameters::None, Kind::Bitmap) => (IndexType::Bitmap, scalar(BuiltinIndexType::Bitmap)),
        (Parameters::None, Kind::LabelList) => {
            (IndexType::LabelList, scalar(BuiltinIndexType::LabelList))
        }
        (Parameters::None, _) => (IndexType::BTree, scalar(BuiltinIndexType::BTree)),
    }
}

fn vector(parameters: &VectorParameters) -> VectorIndexParams {
    let metric = match parameters.metric {
        Metric::L2 => DistanceType::L2,
        Metric::Cosine => DistanceType::Cosine,
        Metric::Dot => DistanceType::Dot,
        Metric::Hamming => DistanceType::Hamming,
    }
    .into();
    let ivf = IvfBuildParams {
        num_partitions: parameters.num_partitions.map(size),
        target_partition_size: parameters.target_partition_size.map(size),
        sample_rate: size(parameters.sample_rate),
        max_iters: size(parameters.max_iterations),
        ..IvfBuildParams::default()
    };
    let hnsw = parameters.hnsw.map(|hnsw| {
        HnswBuildParams::default()
            .num_edges(size(hnsw.m))
            .ef_construction(size(hnsw.ef_construction))
    });
    match (parameters.quantization, hnsw) {
        (Quantization::Flat, None) => VectorIndexParams::with_ivf_flat_params(metric, ivf),
        (Quantization::Flat, Some(hnsw)) => VectorIndexParams::ivf_hnsw(metric, ivf, hnsw),
        (Quantization::Scalar, hnsw) => {
            let sq = SQBuildParams {
                sample_rate: size(parameters.sample_rate),
                ..SQBuildParams::default()
            };
            match hnsw {
                None => VectorIndexParams::with_ivf_sq_params(metric, ivf, sq),
                Some(hnsw) => VectorIndexParams::with_ivf_hnsw_sq_params(metric, ivf, hnsw, sq),
            }
        }
        (Quantization::Product { sub_vectors, bits }, hnsw) => {
            let mut pq = PQBuildParams::new(size(sub_vectors), size(bits));
            pq.max_iters = size(parameters.max_iterations);
            match hnsw {
                None => VectorIndexParams::with_ivf_pq_params(metric, ivf, pq),
                Some(hnsw) => VectorIndexParams::with_ivf_hnsw_pq_params(metric, ivf, hnsw, pq),
            }
        }
        // No kind has a graph of these.
        (Quantization::Rabit { bits }, _) => {
            VectorIndexParams::with_ivf_rq_params(metric, ivf, RQBuildParams::new(bits))
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
