//! The values of one column of a batch, in the layout in which they leave: that of Arrow.

const std = @import("std");
const Allocator = std.mem.Allocator;

const abi = @import("abi.zig");
const data_type = @import("data_type.zig");
const DataType = data_type.DataType;
const FloatOf = data_type.FloatOf;
const Error = @import("failure.zig").Error;
const Failure = @import("failure.zig").Failure;

pub const Builder = struct {
    gpa: Allocator,
    failure: *Failure,
    type: DataType,
    nullable: bool,
    length: usize = 0,
    /// Whether there is a null among the values; the bitmap is kept from the first on.
    has_nulls: bool = false,
    validity: Bytes = .empty,
    /// Where values end, where their size varies.
    offsets: Bytes = .empty,
    data: Bytes = .empty,
    parts: []Builder = &.{},
    /// The buffers, while they are handed out.
    lists: [2]abi.String = undefined,

    const Bytes = std.ArrayList(u8);

    pub fn init(gpa: Allocator, failure: *Failure, of: DataType, nullable: bool) Allocator.Error!Builder {
        var self: Builder = .{ .gpa = gpa, .failure = failure, .type = of, .nullable = nullable };
        errdefer self.deinit();
        if (self.hasOffsets()) try self.offsets.appendNTimes(gpa, 0, of.width);
        const parts = try gpa.alloc(Builder, of.parts.len);
        for (parts, of.parts, 0..) |*to, part, done| {
            to.* = init(gpa, failure, part.type, part.nullable) catch |err| {
                for (parts[0..done]) |*made| made.deinit();
                gpa.free(parts);
                return err;
            };
        }
        self.parts = parts;
        return self;
    }

    pub fn deinit(self: *Builder) void {
        for (self.parts) |*part| part.deinit();
        self.gpa.free(self.parts);
        self.validity.deinit(self.gpa);
        self.offsets.deinit(self.gpa);
        self.data.deinit(self.gpa);
        self.* = undefined;
    }

    /// The bytes of its values so far, if its type is known to the compiler.
    pub inline fn sizeOf(self: *const Builder, comptime known: DataType) usize {
        return switch (known.kind) {
            .bits => self.length / 8,
            .text, .bytes, .json => self.data.items.len + self.offsets.items.len,
            .signed, .unsigned, .float, .raw, .vector => self.data.items.len,
            .list, .structure, .other => self.size(),
        };
    }

    /// The bytes of its values so far.
    pub fn size(self: *const Builder) usize {
        var sum = self.data.items.len + self.offsets.items.len;
        for (self.parts) |*part| sum += part.size();
        return sum;
    }

    /// Forgets all but the first values, and keeps the memory.
    pub fn truncate(self: *Builder, length: usize) void {
        self.length = length;
        if (length == 0) self.has_nulls = false;
        self.validity.shrinkRetainingCapacity(if (self.has_nulls) bitmapSize(length) else 0);
        if (self.has_nulls) clearBitsBehind(self.validity.items, length);
        switch (self.type.kind) {
            .bits => {
                self.data.shrinkRetainingCapacity(bitmapSize(length));
                clearBitsBehind(self.data.items, length);
            },
            .text, .bytes, .json, .list => {
                const width = self.type.width;
                self.offsets.shrinkRetainingCapacity((length + 1) * width);
                const last = self.offsets.items[length * width ..];
                const end: usize = if (width == 4)
                    std.mem.readInt(u32, last[0..4], .little)
                else
                    @intCast(std.mem.readInt(u64, last[0..8], .little));
                if (self.type.kind == .list) self.parts[0].truncate(end) else self.data.shrinkRetainingCapacity(end);
            },
            .structure => for (self.parts) |*part| part.truncate(length),
            .signed, .unsigned, .float, .raw, .vector => self.data.shrinkRetainingCapacity(length * self.type.width),
            .other => {},
        }
    }

    /// Appends the column and its parts to `to`, depth first. The buffers stay here.
    pub fn finish(self: *Builder, to: *std.ArrayList(abi.Column)) void {
        const variable = self.hasOffsets();
        self.lists[0] = .of(self.offsets.items);
        self.lists[@intFromBool(variable)] = .of(self.data.items);
        const buffers: usize = switch (self.type.kind) {
            .text, .bytes, .json => 2,
            .structure => 0,
            else => 1,
        };
        to.appendAssumeCapacity(.{
            .length = @intCast(self.length),
            .has_validity = self.has_nulls,
            .validity = .of(self.validity.items),
            .buffers = .of(self.lists[0..buffers]),
        });
        for (self.parts) |*part| part.finish(to);
    }

    /// Appends a value. `known` is the column's type, if it is known to the compiler, which then
    /// leaves of this what the type needs, and refuses a value that has no place in it.
    pub inline fn append(self: *Builder, comptime known: ?DataType, value: anytype) Error!void {
        const T = @TypeOf(value);
        if (T == @TypeOf(null)) return self.appendNull();
        if (@typeInfo(T) == .optional) {
            return if (value) |some| self.append(known, some) else self.appendNull();
        }
        if (@typeInfo(T) == .@"struct" and @hasDecl(T, "lance_type")) return self.append(known, value.value);
        // A literal of text is a pointer to an array.
        if (comptime data_type.isText(T) and @typeInfo(T).pointer.size == .one)
            return self.append(known, @as([]const u8, value));
        const kind = if (known) |to| to.kind else self.type.kind;
        switch (kind) {
            .bits => if (T == bool) {
                try self.appendBit(&self.data, self.length, value);
                return self.endValue();
            },
            .signed, .unsigned => switch (@typeInfo(T)) {
                .int, .comptime_int => return self.appendInteger(known, value),
                else => {},
            },
            .float => switch (@typeInfo(T)) {
                .float, .comptime_float => return self.appendFloat(known, value),
                else => {},
            },
            .text, .bytes => {
                if (comptime data_type.isText(T)) return self.appendVariable(value);
                if (@typeInfo(T) == .@"enum") return self.appendVariable(@tagName(value));
                if (comptime isBytes(T)) return self.appendVariable(&value);
            },
            .json => {
                if (comptime data_type.isText(T)) return self.appendVariable(value);
                return self.appendJson(value);
            },
            .raw => {
                if (comptime data_type.isText(T)) return self.appendRaw(value);
                if (comptime isBytes(T)) return self.appendRaw(&value);
                if (T == i128 or T == i256) return self.appendRaw(std.mem.asBytes(&std.mem.nativeToLittle(T, value)));
            },
            .vector => if (comptime itemsOf(T)) |Item| {
                return self.appendVector(known, Item, if (@typeInfo(T) == .array) &value else value);
            },
            .list => if (comptime itemsOf(T) != null and @typeInfo(T) == .pointer) {
                const part: ?DataType = if (known) |to| to.parts[0].type else null;
                for (value) |item| try self.parts[0].append(part, item);
                try self.appendOffset(self.parts[0].length);
                return self.endValue();
            },
            .structure => if (known) |to| if (@typeInfo(T) == .@"struct") {
                inline for (to.parts, 0..) |part, i| try self.parts[i].append(part.type, @field(value, part.name));
                return self.endValue();
            },
            .other => {},
        }
        if (known) |to| @compileError(@typeName(T) ++ " has no place in a column of type " ++ to.name);
        return self.misplaced(value);
    }

    /// Ends a value whose content was appended.
    inline fn endValue(self: *Builder) Error!void {
        if (self.has_nulls) try self.appendBit(&self.validity, self.length, true);
        self.length += 1;
    }

    pub fn appendNull(self: *Builder) Error!void {
        if (!self.nullable)
            return self.failure.refuse(
                error.NullInRequiredColumn,
                "the column is required and has no value here",
                .{},
            );
        if (self.type.kind == .other) return self.failure.refuse(
            error.TypeMismatch,
            "a single null has no place in a column of type {s}",
            .{self.type.name},
        );
        if (!self.has_nulls) {
            self.validity.clearRetainingCapacity();
            self.validity.appendNTimes(self.gpa, 0xff, bitmapSize(self.length)) catch return self.failure.outOfMemory();
            clearBitsBehind(self.validity.items, self.length);
            self.has_nulls = true;
        }
        try self.appendBit(&self.validity, self.length, false);
        self.length += 1;
        return self.placeholder();
    }

    /// What stands in the place of a null, or within one. Its content means nothing, but it has its
    /// place. The value is counted already.
    fn placeholder(self: *Builder) Error!void {
        switch (self.type.kind) {
            .bits => try self.appendBit(&self.data, self.length - 1, false),
            .text, .bytes => try self.appendOffset(self.data.items.len),
            .json => {
                try self.appendData("null");
                try self.appendOffset(self.data.items.len);
            },
            .list => try self.appendOffset(self.parts[0].length),
            .structure => for (self.parts) |*part| {
                if (part.has_nulls) try part.appendBit(&part.validity, part.length, true);
                part.length += 1;
                try part.placeholder();
            },
            .signed, .unsigned, .float, .raw, .vector => switch (self.type.width) {
                8 => try self.extendByWord(&self.data, @as(u64, 0)),
                else => |width| self.data.appendNTimes(self.gpa, 0, width) catch return self.failure.outOfMemory(),
            },
            .other => {},
        }
    }

    inline fn appendInteger(self: *Builder, comptime known: ?DataType, value: anytype) Error!void {
        const to = known orelse self.type;
        if (to.kind == .signed) switch (to.width) {
            inline 1, 2, 4, 8 => |width| if (std.math.cast(@Int(.signed, 8 * width), value)) |word| return self.appendWord(word),
            else => unreachable,
        } else switch (to.width) {
            inline 1, 2, 4, 8 => |width| if (std.math.cast(@Int(.unsigned, 8 * width), value)) |word| return self.appendWord(word),
            else => unreachable,
        }
        return self.failure.refuse(error.InvalidValue, "{d} does not fit {s}", .{ value, to.name });
    }

    /// Rounds, but not to infinity.
    inline fn appendFloat(self: *Builder, comptime known: ?DataType, value: anytype) Error!void {
        const to = known orelse self.type;
        switch (to.width) {
            inline 2, 4, 8 => |width| {
                const narrow: FloatOf(width) = @floatCast(value);
                if (!std.math.isInf(narrow) or std.math.isInf(@as(f64, @floatCast(value))))
                    return self.appendWord(@as(@Int(.unsigned, 8 * width), @bitCast(narrow)));
            },
            else => unreachable,
        }
        return self.failure.refuse(
            error.InvalidValue,
            "{d} does not fit {s}",
            .{ @as(f64, @floatCast(value)), to.name },
        );
    }

    inline fn appendWord(self: *Builder, word: anytype) Error!void {
        try self.extendByWord(&self.data, word);
        return self.endValue();
    }

    inline fn appendVariable(self: *Builder, value: []const u8) Error!void {
        try self.appendData(value);
        try self.appendOffset(self.data.items.len);
        return self.endValue();
    }

    fn appendJson(self: *Builder, value: anytype) Error!void {
        var writer: std.Io.Writer.Allocating = .fromArrayList(self.gpa, &self.data);
        const written = std.json.Stringify.value(value, .{}, &writer.writer);
        self.data = writer.toArrayList();
        written catch return self.failure.outOfMemory();
        try self.appendOffset(self.data.items.len);
        return self.endValue();
    }

    fn appendRaw(self: *Builder, value: []const u8) Error!void {
        if (value.len != self.type.width)
            return self.failure.refuse(
                error.InvalidValue,
                "the value has {d} bytes instead of {d}",
                .{ value.len, self.type.width },
            );
        try self.appendData(value);
        return self.endValue();
    }

    inline fn appendVector(
        self: *Builder,
        comptime known: ?DataType,
        comptime Item: type,
        items: []const Item,
    ) Error!void {
        const to = known orelse self.type;
        const item = comptime DataType.of(Item);
        if (to.item.kind != item.kind or to.item.width != item.width) {
            if (known) |column| @compileError("items of type " ++ @typeName(Item) ++ " have no place in a column of type " ++ column.name);
            return self.failure.refuse(error.TypeMismatch, "a vector of {s} is no {s}", .{ item.name, to.name });
        }
        if (items.len * item.width != to.width)
            return self.failure.refuse(
                error.DimensionMismatch,
                "the vector has {d} items instead of {d}",
                .{ items.len, to.width / item.width },
            );
        try self.appendData(std.mem.sliceAsBytes(items));
        return self.endValue();
    }

    inline fn appendData(self: *Builder, bytes: []const u8) Error!void {
        copy(try self.extend(&self.data, bytes.len), bytes);
    }

    inline fn extendByWord(self: *Builder, bytes: *Bytes, word: anytype) Error!void {
        const size_of_word = @sizeOf(@TypeOf(word));
        const to = try self.extend(bytes, size_of_word);
        to[0..size_of_word].* = @bitCast(std.mem.nativeToLittle(@TypeOf(word), word));
    }

    /// Where to write more bytes, which count as appended.
    inline fn extend(self: *Builder, bytes: *Bytes, more: usize) Error![*]u8 {
        const end = bytes.items.len;
        if (bytes.capacity - end < more) try self.grow(bytes, more);
        bytes.items.len = end + more;
        return bytes.items.ptr + end;
    }

    noinline fn grow(self: *Builder, bytes: *Bytes, more: usize) Error!void {
        @branchHint(.cold);
        bytes.ensureUnusedCapacity(self.gpa, more) catch return self.failure.outOfMemory();
    }

    /// Ends a value at this position.
    inline fn appendOffset(self: *Builder, end: usize) Error!void {
        if (self.type.width == 4) {
            // Offsets of 32 bits have a sign.
            const word = std.math.cast(u31, end) orelse
                return self.failure.refuse(
                    error.TooLarge,
                    "a batch has more than 2 GiB of {s}: take a type with larger offsets",
                    .{self.type.name},
                );
            try self.extendByWord(&self.offsets, @as(u32, word));
        } else {
            try self.extendByWord(&self.offsets, @as(u64, end));
        }
    }

    /// Appends a bit to a bitmap of some length.
    inline fn appendBit(self: *Builder, bits: *Bytes, length: usize, bit: bool) Error!void {
        if (length % 8 == 0) try self.extendByWord(bits, @as(u8, 0));
        bits.items[length / 8] |= @as(u8, @intFromBool(bit)) << @intCast(length % 8);
    }

    fn misplaced(self: *Builder, value: anytype) Error {
        const T = @TypeOf(value);
        const to = self.type.name;
        if (comptime data_type.isText(T))
            return self.failure.refuse(
                error.TypeMismatch,
                "the text \"{s}\" is no {s}",
                .{ value[0..@min(value.len, 60)], to },
            );
        return switch (@typeInfo(T)) {
            .int, .comptime_int, .float, .comptime_float => self.failure.refuse(error.TypeMismatch, "the number {d} is no {s}", .{ value, to }),
            else => self.failure.refuse(error.TypeMismatch, "a value of type {s} is no {s}", .{ @typeName(T), to }),
        };
    }

    fn hasOffsets(self: *const Builder) bool {
        return switch (self.type.kind) {
            .text, .bytes, .json, .list => true,
            else => false,
        };
    }
};

/// Copies bytes, which are mostly too few to be worth a call.
inline fn copy(to: [*]u8, from: []const u8) void {
    const count = from.len;
    if (count > 32) {
        @memcpy(to, from);
    } else if (count >= 8) {
        // The last word overlaps the one before.
        var at: usize = 0;
        while (at + 8 < count) : (at += 8) to[at..][0..8].* = from.ptr[at..][0..8].*;
        to[count - 8 ..][0..8].* = from.ptr[count - 8 ..][0..8].*;
    } else if (count >= 4) {
        to[0..4].* = from.ptr[0..4].*;
        to[count - 4 ..][0..4].* = from.ptr[count - 4 ..][0..4].*;
    } else if (count > 0) {
        to[0] = from.ptr[0];
        to[count / 2] = from.ptr[count / 2];
        to[count - 1] = from.ptr[count - 1];
    }
}

fn bitmapSize(length: usize) usize {
    return (length + 7) / 8;
}

/// All bits behind the end of a bitmap are 0.
fn clearBitsBehind(bits: []u8, length: usize) void {
    if (length % 8 != 0) bits[length / 8] &= (@as(u8, 1) << @intCast(length % 8)) - 1;
}

fn isBytes(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .array => |array| array.child == u8,
        else => false,
    };
}

/// What an array, a slice or a pointer to an array has as items.
fn itemsOf(comptime T: type) ?type {
    return switch (@typeInfo(T)) {
        .array => |array| array.child,
        .pointer => |pointer| switch (pointer.size) {
            .slice => pointer.child,
            .one => switch (@typeInfo(pointer.child)) {
                .array => |array| array.child,
                else => null,
            },
            else => null,
        },
        else => null,
    };
}
