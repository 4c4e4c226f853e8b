//! Tables that should exist, and their rows.

const std = @import("std");
const Allocator = std.mem.Allocator;

const abi = @import("abi.zig");
const data_type = @import("data_type.zig");
const DataType = data_type.DataType;
const Builder = @import("builder.zig").Builder;
const Error = @import("failure.zig").Error;
const Failure = @import("failure.zig").Failure;
const Index = @import("index.zig").Index;
const Setting = @import("failure.zig").Setting;

/// Smaller batches cost more calls, larger ones leave the processor's cache on their way.
const full_batch = 1 << 20;

/// A column that is named by itself.
pub const Column = struct {
    name: []const u8,
    /// As in the contract, such as `int32` or `vector(float32, 384)`.
    type: []const u8,
    nullable: bool = false,
    /// Stored with the column.
    metadata: []const Setting = &.{},
};

/// What there is to say of a table when the pipeline runs.
pub const TableOptions = struct {
    name: []const u8,
    /// A name that the host knows.
    database: []const u8 = "default",
    /// `.user`: the table exists, and the host writes its rows only.
    managed_by: enum { system, user } = .system,
    on_schema_change: enum {
        /// The stored columns become as declared.
        evolve,
        /// Columns are added, and none is removed.
        append_only,
        /// A difference is an error.
        fail,
    } = .evolve,
    /// Others, by their names, for a host that is newer than this SDK.
    settings: []const Setting = &.{},
    /// Where the memory for its batch comes from, if not from that of the pipeline.
    allocator: ?Allocator = null,
};

/// How a struct becomes columns.
pub const RowOptions = struct {
    /// The columns that identify a row.
    primary_key: []const []const u8,
    /// Fields about which there is more to say than their type does.
    columns: []const Field = &.{},

    pub const Field = struct {
        /// The struct's field.
        field: []const u8,
        /// The column's type as in the contract, such as `timestamp(us, UTC)`.
        type: ?[]const u8 = null,
        /// The column's name, if it is another than the field's.
        name: ?[]const u8 = null,
        /// The field is no column.
        skip: bool = false,
        /// Stored with the column.
        metadata: []const Setting = &.{},
    };
};

/// A table whose columns are the fields of the struct `Row`. See the table of types in the README.
///
///     const Documents = lance.Table(Document, .{ .primary_key = &.{"path"} });
///     …
///     const documents = try pipeline.table(Documents, .{ .name = "documents" });
///     try documents.declare(.{ .path = "a.md", … });
pub fn Table(comptime Row: type, comptime options: RowOptions) type {
    const known = comptime columnsOf(Row, options);
    return struct {
        core: Core,

        const Self = @This();

        /// The columns.
        pub const columns: []const Column = blk: {
            var list: [known.len]Column = undefined;
            for (&list, known) |*column, from| column.* = .{
                .name = from.part.name,
                .type = from.part.type.name,
                .nullable = from.part.nullable,
                .metadata = from.metadata,
            };
            const final = list;
            break :blk &final;
        };

        pub const primary_key = options.primary_key;

        pub const types: []const DataType = blk: {
            var list: [known.len]DataType = undefined;
            for (&list, known) |*to, from| to.* = from.part.type;
            const final = list;
            break :blk &final;
        };

        /// Declares a row.
        ///
        /// On an error that is about a value, nothing of the row is declared, and the table takes
        /// further rows. If the host refuses a batch, which may show a while after the row in
        /// question, every further call returns the same error, and the run fails.
        pub fn declare(self: *Self, row: Row) Error!void {
            if (self.core.refusal != null) return self.core.refused();
            var size: usize = 0;
            inline for (known, 0..) |column, i| {
                const builder = &self.core.builders[i];
                builder.append(column.part.type, @field(row, column.field)) catch |err| return self.core.refuseRow(err, i);
                size += builder.sizeOf(column.part.type);
            }
            return self.core.endRow(size);
        }

        /// Declares rows.
        pub fn declareAll(self: *Self, rows: []const Row) Error!void {
            for (rows) |row| try self.declare(row);
        }

        /// Declares an index on a column, or on a field of a struct by its path.
        pub fn declareIndex(self: *Self, column: []const u8, index: Index) Error!void {
            return self.core.declareIndex(column, index);
        }

        /// Sends the rows so far. There is rarely a need: it happens whenever a batch is full, and
        /// at the end of the run.
        pub fn flush(self: *Self) Error!void {
            return self.core.flush();
        }
    };
}

/// A table whose columns show only when the pipeline runs. See `Pipeline.dynamicTable`.
pub const DynamicTable = struct {
    core: Core,

    /// Declares a row, a struct whose fields are named like the columns, in any order. A column for
    /// which there is none is null.
    ///
    ///     try table.declare(.{ .id = 1, .name = "one" });
    pub fn declare(self: *DynamicTable, row: anytype) Error!void {
        const core = &self.core;
        if (core.refusal != null) return core.refused();
        const fields = @typeInfo(@TypeOf(row)).@"struct".field_names;
        for (core.columns, core.builders, 0..) |column, *builder, i| {
            const given = inline for (fields) |field| {
                if (std.mem.eql(u8, field, column.name)) break builder.append(null, @field(row, field));
            } else builder.appendNull();
            given catch |err| return core.refuseRow(err, i);
        }
        inline for (fields) |field| {
            if (core.find(field) == null) {
                const err = core.failure.refuse(
                    error.UnknownColumn,
                    "the row has a value for a column that the table does not have",
                    .{},
                );
                core.failure.at(.{ .column = field });
                return core.refuseRow(err, null);
            }
        }
        var size: usize = 0;
        for (core.builders) |*builder| size += builder.size();
        return core.endRow(size);
    }

    /// Declares rows whose columns are in the Arrow format already, those of any nested type among
    /// them: a part for each column, and behind it those of its children, depth first.
    pub fn declareParts(self: *DynamicTable, parts: []const Part) Error!void {
        const core = &self.core;
        try core.flush();
        const columns = core.gpa.alloc(abi.Column, parts.len) catch return core.outOfMemory();
        defer core.gpa.free(columns);
        const buffers = core.gpa.alloc([2]abi.String, parts.len) catch return core.outOfMemory();
        defer core.gpa.free(buffers);
        for (parts, columns, buffers) |part, *column, *lists| {
            for (lists[0..part.buffers.len], part.buffers) |*list, bytes| list.* = .of(bytes);
            column.* = .{
                .length = part.length,
                .has_validity = part.validity != null,
                .validity = .of(part.validity orelse &.{}),
                .buffers = .of(lists[0..part.buffers.len]),
            };
        }
        return core.send(columns, if (parts.len > 0) parts[0].length else 0);
    }

    /// Declares an index on a column, or on a field of a struct by its path.
    pub fn declareIndex(self: *DynamicTable, column: []const u8, index: Index) Error!void {
        return self.core.declareIndex(column, index);
    }

    /// Sends the rows so far.
    pub fn flush(self: *DynamicTable) Error!void {
        return self.core.flush();
    }
};

/// A part of a column in the Arrow format, without padding.
pub const Part = struct {
    length: u32,
    /// A bit a value, least significant first; null if there are no nulls.
    validity: ?[]const u8 = null,
    /// At most two.
    buffers: []const []const u8,
};

/// What all tables have: a batch of whole rows on their way to the host.
pub const Core = struct {
    gpa: Allocator,
    failure: *Failure,
    /// DATABASE/TABLE, as the host names it too.
    name: []const u8,
    columns: []const Column,
    builders: []Builder,
    /// Room for what is handed out.
    scratch: std.ArrayList(abi.Column),
    handle: u32,
    rows: usize = 0,
    /// How many rows the host has taken.
    sent: u64 = 0,
    /// Why the host refused a batch. Its rows are lost, and a run that went on without them would
    /// delete them from the table.
    refusal: ?Failure = null,
    /// The next table of the pipeline, in the order of their declarations.
    next: ?*Core = null,

    pub fn init(
        gpa: Allocator,
        failure: *Failure,
        options: TableOptions,
        columns: []const Column,
        types: ?[]const DataType,
        primary_key: []const []const u8,
    ) Error!Core {
        var self: Core = .{
            .gpa = gpa,
            .failure = failure,
            .name = "",
            .columns = columns,
            .builders = &.{},
            .scratch = .empty,
            .handle = 0,
        };
        errdefer self.deinit();
        self.prepare(options, types) catch return failure.outOfMemory();
        const result = self.declare(options, primary_key) catch return failure.outOfMemory();
        if (result.failed) return failure.take(result.is.failure);
        self.handle = result.is.handle;
        return self;
    }

    fn prepare(self: *Core, options: TableOptions, types: ?[]const DataType) Allocator.Error!void {
        self.name = try self.gpa.print("{s}/{s}", .{ options.database, options.name });
        const builders = try self.gpa.alloc(Builder, self.columns.len);
        errdefer self.gpa.free(builders);
        var parts: usize = 0;
        for (self.columns, builders, 0..) |column, *builder, i| {
            errdefer for (builders[0..i]) |*made| made.deinit();
            const of: DataType = if (types) |list| list[i] else .parse(column.type);
            builder.* = try .init(self.gpa, self.failure, of, column.nullable);
            parts += of.partCount();
        }
        errdefer for (builders) |*made| made.deinit();
        try self.scratch.ensureTotalCapacityPrecise(self.gpa, parts);
        self.builders = builders;
    }

    fn declare(self: *Core, options: TableOptions, primary_key: []const []const u8) Allocator.Error!abi.Result {
        var arena: std.heap.ArenaAllocator = .init(self.gpa);
        defer arena.deinit();
        const fields = try arena.allocator().alloc(abi.Field, self.columns.len);
        for (fields, self.columns) |*field, column| field.* = .{
            .name = .of(column.name),
            .data_type = .of(column.type),
            .nullable = column.nullable,
            .metadata = .of(try lower(arena.allocator(), column.metadata)),
        };
        const key = try arena.allocator().alloc(abi.String, primary_key.len);
        for (key, primary_key) |*to, column| to.* = .of(column);
        var settings: std.ArrayList(Setting) = .empty;
        switch (options.managed_by) {
            .system => {},
            .user => try settings.append(arena.allocator(), .{ "managed-by", "user" }),
        }
        switch (options.on_schema_change) {
            .evolve => {},
            .append_only => try settings.append(arena.allocator(), .{ "on-schema-change", "append-only" }),
            .fail => try settings.append(arena.allocator(), .{ "on-schema-change", "fail" }),
        }
        try settings.appendSlice(arena.allocator(), options.settings);
        return abi.declareTable(
            options.database,
            options.name,
            fields,
            key,
            try lower(arena.allocator(), settings.items),
        );
    }

    pub fn deinit(self: *Core) void {
        for (self.builders) |*builder| builder.deinit();
        self.gpa.free(self.builders);
        self.scratch.deinit(self.gpa);
        self.gpa.free(self.name);
        if (self.refusal) |*refusal| refusal.deinit();
        self.* = undefined;
    }

    fn find(self: *const Core, name: []const u8) ?usize {
        for (self.columns, 0..) |column, i| if (std.mem.eql(u8, column.name, name)) return i;
        return null;
    }

    /// Leaves nothing of a row, and says which it was.
    fn refuseRow(self: *Core, err: Error, column: ?usize) Error {
        @branchHint(.cold);
        for (self.builders) |*builder| builder.truncate(self.rows);
        if (column) |i| self.failure.at(.{ .column = self.columns[i].name });
        self.failure.at(.{ .table = self.name, .row = self.sent + self.rows });
        return err;
    }

    /// `size` is the bytes of the batch with this row.
    inline fn endRow(self: *Core, size: usize) Error!void {
        self.rows += 1;
        if (size >= full_batch) return self.flush();
    }

    pub fn flush(self: *Core) Error!void {
        if (self.refusal != null) return self.refused();
        if (self.rows == 0) return;
        self.scratch.clearRetainingCapacity();
        for (self.builders) |*builder| builder.finish(&self.scratch);
        const rows = self.rows;
        defer {
            self.rows = 0;
            for (self.builders) |*builder| builder.truncate(0);
        }
        return self.send(self.scratch.items, rows);
    }

    fn send(self: *Core, columns: []const abi.Column, rows: usize) Error!void {
        const result = abi.declareRows(self.handle, columns);
        if (!result.failed) {
            self.sent += rows;
            return;
        }
        const err = self.failure.take(result.is.failure);
        self.refusal = .init(self.gpa);
        self.refusal.?.say(self.failure) catch {
            self.refusal.?.message = "there is no memory left";
            self.refusal.?.returned = err;
        };
        return err;
    }

    fn refused(self: *Core) Error {
        @branchHint(.cold);
        const refusal = &self.refusal.?;
        self.failure.say(refusal) catch return self.failure.outOfMemory();
        return @errorCast(refusal.returned.?);
    }

    fn outOfMemory(self: *Core) Error {
        const err = self.failure.outOfMemory();
        self.failure.at(.{ .table = self.name });
        return err;
    }

    fn declareIndex(self: *Core, column: []const u8, index: Index) Error!void {
        var arena: std.heap.ArenaAllocator = .init(self.gpa);
        defer arena.deinit();
        const settings = index.settings(arena.allocator()) catch return self.outOfMemory();
        const lowered = lower(arena.allocator(), settings) catch return self.outOfMemory();
        const result = abi.declareIndex(self.handle, column, index.kind(), lowered);
        if (result.failed) return self.failure.take(result.is.failure);
    }
};

fn lower(arena: Allocator, settings: []const Setting) Allocator.Error![]abi.Setting {
    const lowered = try arena.alloc(abi.Setting, settings.len);
    for (lowered, settings) |*to, from| to.* = .{ .name = .of(from[0]), .value = .of(from[1]) };
    return lowered;
}

/// A column that is a field of a struct.
const Known = struct {
    field: []const u8,
    part: data_type.Part,
    metadata: []const Setting,
};

fn columnsOf(comptime Row: type, comptime options: RowOptions) []const Known {
    @setEvalBranchQuota(100_000);
    if (@typeInfo(Row) != .@"struct") @compileError("a row is a struct, and " ++ @typeName(Row) ++ " is none");
    const structure = @typeInfo(Row).@"struct";
    var list: []const Known = &.{};
    for (structure.field_names, structure.field_types) |field, Field| {
        const more = said(options, field);
        if (more.skip) continue;
        const name = more.name orelse field;
        const part: data_type.Part = if (more.type) |text| .{
            .name = name,
            .nullable = @typeInfo(Field) == .optional,
            .type = .parse(text),
        } else data_type.partOf(name, Field);
        if (part.type.kind == .other)
            @compileError("a column of type " ++ part.type.name ++ " has no field: take a dynamic table and declareParts");
        list = list ++ .{Known{ .field = field, .part = part, .metadata = more.metadata }};
    }
    for (options.columns) |more| if (!@hasField(Row, more.field))
        @compileError(@typeName(Row) ++ " has no field " ++ more.field);
    if (options.primary_key.len == 0) @compileError("a table has a primary key: the columns that identify a row");
    for (options.primary_key) |key| {
        for (list) |known| {
            if (std.mem.eql(u8, known.part.name, key)) break;
        } else @compileError("the primary key names a column " ++ key ++ ", which is none of " ++ @typeName(Row));
    }
    return list;
}

fn said(comptime options: RowOptions, comptime field: []const u8) RowOptions.Field {
    for (options.columns) |more| if (std.mem.eql(u8, more.field, field)) return more;
    return .{ .field = field };
}
