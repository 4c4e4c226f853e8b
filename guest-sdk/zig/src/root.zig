//! Data pipelines for lance-host in Zig.
//!
//! A pipeline is a WebAssembly component that says which LanceDB tables and rows should exist. The
//! host runs it in a sandbox, compares, and makes the database match: rows are inserted, updated and
//! deleted in one commit a table, and nothing is written if nothing changed. There is no clean-up code
//! to write: a row that is no longer declared goes.
//!
//!     const lance = @import("lance_host");
//!
//!     const Document = struct {
//!         path: []const u8,
//!         title: ?[]const u8,
//!         embedding: [384]f32,
//!     };
//!     const Documents = lance.Table(Document, .{ .primary_key = &.{"path"} });
//!
//!     comptime {
//!         lance.exportPipeline(run);
//!     }
//!
//!     fn run(pipeline: *lance.Pipeline) !void {
//!         const documents = try pipeline.table(Documents, .{ .name = "documents" });
//!         try documents.declare(.{ .path = "a.md", .title = null, .embedding = @splat(0) });
//!     }

/// The version of this SDK.
pub const version = "0.1.0";

pub const Pipeline = @import("pipeline.zig").Pipeline;
pub const exportPipeline = @import("pipeline.zig").exportPipeline;
pub const exportPipelineWith = @import("pipeline.zig").exportPipelineWith;
pub const Params = @import("params.zig").Params;

pub const Table = @import("table.zig").Table;
pub const RowOptions = @import("table.zig").RowOptions;
pub const DynamicTable = @import("table.zig").DynamicTable;
pub const TableOptions = @import("table.zig").TableOptions;
pub const Column = @import("table.zig").Column;
pub const Part = @import("table.zig").Part;
pub const As = @import("data_type.zig").As;
pub const Index = @import("index.zig").Index;

pub const Error = @import("failure.zig").Error;
pub const Failure = @import("failure.zig").Failure;
pub const Setting = @import("failure.zig").Setting;

pub const testing = @import("testing.zig");

test {
    _ = @import("abi.zig");
    _ = @import("tests.zig");
    @import("std").testing.refAllDecls(@This());
}
