//! Every bound of a run, and what is said when one is exceeded.
//!
//! Each default is written here and nowhere else.

use std::time::Duration;

use crate::text::{Bytes, Span};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Every bound of a run. Everything is bounded: there is no value for "without limit".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time from the start of the run to its end, waiting included.
    pub timeout: Duration,
    /// Bytes of linear memory, summed over all memories of the component.
    pub memory: u64,
    /// Elements of all WebAssembly tables together. Go needs about 6,000, JavaScript 8,000.
    pub table_elements: usize,
    /// Core instances, summed over all nested components.
    pub instances: u64,
    /// Linear memories, summed over all instances.
    pub memories: u64,
    /// WebAssembly tables, summed over all instances.
    pub tables: u64,
    /// Resource handles that are open at the same time: files, streams, tables.
    pub handles: usize,
    /// Bytes that a guest can pass to the host in one call.
    pub host_call_bytes: usize,
    /// Bytes that a guest can write to standard output and standard error together.
    pub output: usize,
    /// Tables that a run can declare.
    pub declared_tables: usize,
    /// Columns of a declared table.
    pub columns: usize,
    /// Calls that declare an index of a table, repeated ones included.
    pub indexes: usize,
    /// Bytes of the declarations of all tables and indexes together: names, types, metadata,
    /// settings, and some more for each.
    pub declaration_bytes: usize,
    /// Bytes of a component's file.
    pub component_size: u64,
    /// Processor time that compiling a component can take, summed over threads.
    pub compile_time: Duration,
    /// Bytes of address space of the process that compiles.
    pub compile_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10 * 60),
            memory: 512 * MIB,
            table_elements: 100_000,
            instances: 1_000,
            memories: 64,
            tables: 1_000,
            handles: 10_000,
            host_call_bytes: 64 << 20,
            output: 64 << 20,
            declared_tables: 1_000,
            columns: 2_000,
            indexes: 64,
            declaration_bytes: 8 << 20,
            component_size: 128 * MIB,
            compile_time: Duration::from_secs(120),
            compile_memory: 2 * GIB,
        }
    }
}

impl Limits {
    /// How much of the end of standard error is kept for messages, in bytes.
    pub(crate) const STDERR_TAIL: usize = KIB as usize;

    /// Sets the time that a run can take.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the bytes of linear memory.
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets the elements of WebAssembly tables.
    pub fn with_table_elements(mut self, elements: usize) -> Self {
        self.table_elements = elements;
        self
    }

    /// Sets how many resource handles can be open.
    pub fn with_handles(mut self, handles: usize) -> Self {
        self.handles = handles;
        self
    }

    /// Sets the bytes that one call to the host can pass.
    pub fn with_host_call_bytes(mut self, bytes: usize) -> Self {
        self.host_call_bytes = bytes;
        self
    }

    /// Sets the bytes of output that are accepted.
    pub fn with_output(mut self, bytes: usize) -> Self {
        self.output = bytes;
        self
    }

    /// Sets the bytes that a component's file can have.
    pub fn with_component_size(mut self, bytes: u64) -> Self {
        self.component_size = bytes;
        self
    }

    /// Sets the processor time for compiling.
    pub fn with_compile_time(mut self, time: Duration) -> Self {
        self.compile_time = time;
        self
    }

    /// Sets the address space for compiling, in bytes.
    pub fn with_compile_memory(mut self, bytes: u64) -> Self {
        self.compile_memory = bytes;
        self
    }
}

/// A limit that was exceeded: what happened, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// The run took too long.
    #[error("it ran longer than {}; --timeout allows more", Span(*.limit))]
    Timeout {
        /// The time that was allowed.
        limit: Duration,
    },
    /// The guest asked for more memory than it can have.
    #[error("it needs {} of memory, and can have {}; --max-memory allows more", Bytes(*.wanted), Bytes(*.limit))]
    Memory {
        /// Bytes that all memories would have together.
        wanted: u64,
        /// Bytes that they can have.
        limit: u64,
    },
    /// The guest asked for larger WebAssembly tables than it can have.
    #[error("its WebAssembly tables need {wanted} elements, and can have {limit}")]
    TableElements {
        /// Elements that all tables would have together.
        wanted: usize,
        /// Elements that they can have.
        limit: usize,
    },
    /// The component consists of too many parts.
    #[error("it would have {wanted} {what}, and can have {limit}")]
    Parts {
        /// Which parts.
        what: &'static str,
        /// How many there would be.
        wanted: u64,
        /// How many there can be.
        limit: u64,
    },
    /// The guest opened too many handles.
    #[error(
        "it holds {limit} handles (files, streams, tables) at the same time, which is all it can have; close them when done"
    )]
    Handles {
        /// How many there can be.
        limit: usize,
    },
    /// The guest printed too much.
    #[error("it printed more than {}", Bytes(*.limit as u64))]
    Output {
        /// Bytes that are accepted.
        limit: usize,
    },
    /// The file is too large.
    #[error("the file has {}, and a component can have {}", Bytes(*.size), Bytes(*.limit))]
    ComponentSize {
        /// The file's bytes.
        size: u64,
        /// Bytes that it can have.
        limit: u64,
    },
    /// Compiling took too long.
    #[error("compiling it took more than {} of processor time", Span(*.limit))]
    CompileTime {
        /// The time that was allowed.
        limit: Duration,
    },
    /// Compiling took too much memory.
    #[error("compiling it took more than {} of memory", Bytes(*.limit))]
    CompileMemory {
        /// Bytes that were allowed.
        limit: u64,
    },
}
