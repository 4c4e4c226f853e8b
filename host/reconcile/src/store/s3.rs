//! Gives the options of a database to each client of S3 that its session opens.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use lance::io::{ObjectStore, ObjectStoreParams, ObjectStoreRegistry, StorageOptionsAccessor};
use lance_io::object_store::ObjectStoreProvider;
use object_store::path::Path;
use url::Url;

use super::StorageOptions;

const SCHEME: &str = "s3";

/// Puts the options between the registry and its provider for S3.
pub(super) fn install(registry: &ObjectStoreRegistry, options: &StorageOptions) {
    if let Some(inner) = registry.get_provider(SCHEME) {
        let options = options.clone();
        registry.insert(SCHEME, Arc::new(WithOptions { inner, options }));
    }
}

#[derive(Debug)]
struct WithOptions {
    inner: Arc<dyn ObjectStoreProvider>,
    options: StorageOptions,
}

#[async_trait]
impl ObjectStoreProvider for WithOptions {
    async fn new_store(&self, url: Url, params: &ObjectStoreParams) -> lance::Result<ObjectStore> {
        let options = self.options.with(params.storage_options());
        let params = ObjectStoreParams {
            storage_options_accessor: Some(Arc::new(StorageOptionsAccessor::with_static_options(
                options,
            ))),
            ..params.clone()
        };
        self.inner.new_store(url, &params).await
    }

    fn extract_path(&self, url: &Url) -> lance::Result<Path> {
        self.inner.extract_path(url)
    }

    fn calculate_object_store_prefix(
        &self,
        url: &Url,
        options: Option<&HashMap<String, String>>,
    ) -> lance::Result<String> {
        self.inner.calculate_object_store_prefix(url, options)
    }
}
