//! A run of a pipeline: what it is given, and how it ends.

const std = @import("std");
const Allocator = std.mem.Allocator;
const Io = std.Io;

const abi = @import("abi.zig");
const Core = @import("table.zig").Core;
const Column = @import("table.zig").Column;
const DynamicTable = @import("table.zig").DynamicTable;
const Error = @import("failure.zig").Error;
const Failure = @import("failure.zig").Failure;
const Params = @import("params.zig").Params;
const TableOptions = @import("table.zig").TableOptions;

/// What a pipeline's function is given.
pub const Pipeline = struct {
    /// For whatever the pipeline needs. What is not given back is at the end of the run.
    gpa: Allocator,
    /// Files, clocks, randomness: as far as the run was granted them.
    io: Io,
    /// The run's parameters.
    params: Params,
    /// What was refused last: more than a Zig error can say.
    failure: Failure,
    preopens: std.process.Preopens = .empty,
    first: ?*Core = null,
    last: ?*Core = null,
    arena: std.heap.ArenaAllocator,

    pub fn init(gpa: Allocator, io: Io, params: Params) Pipeline {
        return .{ .gpa = gpa, .io = io, .params = params, .failure = .init(gpa), .arena = .init(gpa) };
    }

    /// Gives back all memory, that of the tables too.
    pub fn deinit(self: *Pipeline) void {
        self.forgetTables();
        self.arena.deinit();
        self.failure.deinit();
        self.* = undefined;
    }

    /// Gives back the memory of all tables. What they have not sent is lost.
    pub fn forgetTables(self: *Pipeline) void {
        var next = self.first;
        while (next) |core| {
            next = core.next;
            core.deinit();
        }
        self.first = null;
        self.last = null;
    }

    /// Declares a table of a type that `Table` made.
    ///
    /// It lives until the end of the run, at which the rows that it has left are sent by themselves.
    /// Its batch takes about 1 MiB, which is used again; no other memory is taken for a row.
    pub fn table(self: *Pipeline, comptime T: type, options: TableOptions) Error!*T {
        return self.declare(T, options, T.columns, T.types, T.primary_key);
    }

    /// Declares a table by its columns, named one by one, which live as long as the run.
    pub fn dynamicTable(
        self: *Pipeline,
        columns: []const Column,
        primary_key: []const []const u8,
        options: TableOptions,
    ) Error!*DynamicTable {
        return self.declare(DynamicTable, options, columns, null, primary_key);
    }

    fn declare(
        self: *Pipeline,
        comptime T: type,
        options: TableOptions,
        columns: []const Column,
        types: anytype,
        primary_key: []const []const u8,
    ) Error!*T {
        const made = self.arena.allocator().create(T) catch return self.failure.outOfMemory();
        made.core = try .init(options.allocator orelse self.gpa, &self.failure, options, columns, types, primary_key);
        if (self.last) |last| last.next = &made.core else self.first = &made.core;
        self.last = &made.core;
        return made;
    }

    /// Says why the pipeline fails, for whoever runs it:
    ///
    ///     const text = dir.readFileAlloc(…) catch |err|
    ///         return pipeline.fail("cannot read {s}: {t}", .{ path, err });
    pub fn fail(self: *Pipeline, comptime format: []const u8, args: anytype) error{PipelineFailed} {
        return self.failure.fail(format, args);
    }

    /// The value of a parameter; without it, an error that says how to give it.
    pub fn require(self: *Pipeline, name: []const u8) error{PipelineFailed}![]const u8 {
        return self.params.get(name) orelse
            self.fail("parameter {s} is missing: give it with --param {s}=VALUE", .{ name, name });
    }

    /// Opens a folder that the run was granted with `--dir HOST::GUEST`, or one below it, by its path
    /// in the guest. In a test on the machine at hand that is a path on it.
    pub fn openDir(self: *Pipeline, path: []const u8, options: Io.Dir.OpenOptions) Io.Dir.OpenError!Io.Dir {
        const dir, const below = self.granted(path) orelse return error.FileNotFound;
        return dir.openDir(self.io, below, options);
    }

    /// Opens a file in such a folder.
    pub fn openFile(self: *Pipeline, path: []const u8, options: Io.Dir.OpenFileOptions) Io.File.OpenError!Io.File {
        const dir, const below = self.granted(path) orelse return error.FileNotFound;
        return dir.openFile(self.io, below, options);
    }

    /// The closest folder that was granted, and the rest of the path.
    fn granted(self: *Pipeline, path: []const u8) ?struct { Io.Dir, []const u8 } {
        if (!abi.is_guest) return .{ .cwd(), path };
        var best: ?struct { Io.Dir, []const u8 } = null;
        var longest: usize = 0;
        for (self.preopens.map.keys(), 0..) |name, descriptor| {
            // The first three are no folders.
            if (descriptor < 3) continue;
            const root = std.mem.trimEnd(u8, name, "/");
            if (best != null and root.len < longest) continue;
            const below = std.mem.cutPrefix(u8, path, root) orelse continue;
            if (below.len > 0 and below[0] != '/') continue;
            const rest = std.mem.trimStart(u8, below, "/");
            best = .{ .{ .handle = @intCast(descriptor) }, if (rest.len == 0) "." else rest };
            longest = root.len;
        }
        return best;
    }

    /// Runs a pipeline's function, and sends what its tables have left.
    pub fn run(self: *Pipeline, function: anytype) anyerror!void {
        try function(self);
        var next = self.first;
        while (next) |core| : (next = core.next) try core.flush();
    }

    /// What is to be said of an error of `run`.
    fn message(self: *Pipeline, err: anyerror) []const u8 {
        if (!self.failure.isOf(err)) return @errorName(err);
        return self.arena.allocator().print("{f}", .{self.failure}) catch self.failure.message;
    }
};

/// Makes a function the pipeline that lance-host runs. It takes a `*Pipeline` and returns an error
/// union of `void`:
///
///     comptime {
///         lance.exportPipeline(run);
///     }
///
/// If it returns an error or panics, nothing is written, and the user sees why: what the pipeline's
/// `failure` says if it is of that error, or the error's name.
///
/// Memory comes from `std.heap.wasm_allocator`; `exportPipelineWith` takes another allocator.
pub fn exportPipeline(comptime function: anytype) void {
    exportPipelineWith(function, abi.given);
}

/// The same, with an allocator for everything but what the host itself passes.
pub fn exportPipelineWith(comptime function: anytype, comptime gpa: Allocator) void {
    // A test of the pipeline calls the function with a host of its own.
    if (!abi.is_guest) return;
    const exported = struct {
        var outcome: abi.Outcome = .{ .failed = false, .message = .empty };

        fn run(params: [*]const abi.Setting, count: usize) callconv(.c) *const abi.Outcome {
            var threaded: Io.Threaded = .init_single_threaded;
            threaded.allocator = gpa;
            // A component runs once: what it was given lives until its end.
            const given: abi.List(abi.Setting) = .{ .ptr = params, .len = count };
            const items = gpa.alloc(Params.Item, count) catch @panic("there is no memory left");
            for (items, given.slice()) |*item, from| item.* = .{ .name = from.name.slice(), .value = from.value.slice() };
            var pipeline: Pipeline = .init(gpa, threaded.io(), .{ .items = items });
            pipeline.preopens = std.process.Preopens.init(pipeline.arena.allocator()) catch @panic("there is no memory left");
            pipeline.run(function) catch |err| {
                outcome = .{ .failed = true, .message = .of(pipeline.message(err)) };
            };
            return &outcome;
        }
    };
    @export(&exported.run, .{ .name = "run" });
    @export(&abi.realloc, .{ .name = "cabi_realloc" });
}
