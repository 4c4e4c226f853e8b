//! The store of one run: its state, and the bounds that wasmtime enforces.

use std::time::Instant;

use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};

use crate::{
    declarations::Declarations,
    error::SandboxError,
    grants::Grants,
    limiter::Limiter,
    limits::{Exceeded, Limits},
    output::Output,
    target::Target,
};

/// Everything that the host functions of one run share.
pub(crate) struct State {
    pub(crate) declarations: Declarations,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    pub(crate) output: Output,
    pub(crate) resources: ResourceTable,
    wasi: WasiCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.resources,
        }
    }
}

/// A fresh store: nothing of an earlier run is in it, and its time starts now.
pub(crate) fn new_store(
    engine: &Engine,
    grants: &Grants,
    limits: &Limits,
    target: Box<dyn Target>,
) -> Result<Store<State>, SandboxError> {
    let output = Output::new(limits.output, grants.output.clone());
    let wasi = grants.wasi(limits, &output)?;
    let mut resources = ResourceTable::new();
    resources.set_max_capacity(limits.handles);
    let mut store = Store::new(
        engine,
        State {
            declarations: Declarations::new(target),
            limits: limits.clone(),
            limiter: Limiter::new(limits),
            output,
            resources,
            wasi,
        },
    );
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits.host_call_bytes);
    store.set_max_component_handles(limits.handles);

    // One tick from now on, again and again; the callback decides. Set before instantiation,
    // where a guest's code runs for the first time.
    let limit = limits.timeout;
    let deadline = Instant::now().checked_add(limit);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| match deadline {
        Some(deadline) if Instant::now() >= deadline => Err(Exceeded::Timeout { limit }.into()),
        _ => Ok(UpdateDeadline::Yield(1)),
    });
    Ok(store)
}
