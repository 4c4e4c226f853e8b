//! Loading: what is refused before it runs, and the cache.

use super::world::{World, doing};

#[tokio::test]
async fn a_pipeline_that_declares_nothing_runs() {
    let world = World::new();
    world.run(&doing("")).await.unwrap();
}

#[tokio::test]
async fn the_second_load_comes_from_the_cache() {
    let world = World::new();
    assert!(!world.load(&doing("")).await.unwrap().cached());
    assert!(world.load(&doing("")).await.unwrap().cached());
    assert!(!world.load(&doing("nop")).await.unwrap().cached());
}
