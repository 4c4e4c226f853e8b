//! Types of columns: their text, as in the contract, and how their values lie in memory.
//!
//! Types are read from Zig's own at compile time. Text is read only as far as the layout of a value
//! needs; the host reads all of it.

const std = @import("std");

/// How values of a column are laid out, and what may become one.
pub const Kind = enum {
    bits,
    signed,
    unsigned,
    float,
    text,
    bytes,
    json,
    /// The bytes of a value of fixed width: decimals, and bytes of a fixed number.
    raw,
    vector,
    list,
    structure,
    /// Known to the host alone. Such a column goes with `declareParts`.
    other,
};

pub const DataType = struct {
    kind: Kind,
    /// As the contract writes it.
    name: []const u8,
    /// The bytes of a value, or of an offset where the size of values varies.
    width: usize = 0,
    /// What a vector is made of.
    item: Item = .{ .kind = .float, .width = 0 },
    /// The items of a list, the fields of a struct.
    parts: []const Part = &.{},

    pub const Item = struct { kind: Kind, width: usize };

    /// How many parts in the Arrow format it takes, itself among them.
    pub fn partCount(self: DataType) usize {
        var count: usize = 1;
        for (self.parts) |part| count += part.type.partCount();
        return count;
    }

    /// Reads text. What it does not know may be known to the host.
    pub fn parse(text: []const u8) DataType {
        const trimmed = std.mem.trim(u8, text, blank);
        const end = std.mem.findAny(u8, trimmed, blank ++ "(") orelse trimmed.len;
        const word = trimmed[0..end];
        for (plain) |known| if (std.mem.eql(u8, known[0], word)) {
            return .{ .kind = known[1], .name = text, .width = known[2] };
        };
        const arguments = std.mem.trim(u8, trimmed[end..], blank ++ "()");
        if (std.mem.eql(u8, word, "fixed-size-binary")) {
            const size = std.fmt.parseInt(usize, arguments, 10) catch return .{ .kind = .other, .name = text };
            return .{ .kind = .raw, .name = text, .width = size };
        }
        if (std.mem.eql(u8, word, "vector")) {
            if (vector(arguments)) |known| {
                const item, const size = known;
                return .{ .kind = .vector, .name = text, .width = item.width * size, .item = item };
            }
        }
        return .{ .kind = .other, .name = text };
    }

    fn vector(arguments: []const u8) ?struct { Item, usize } {
        const comma = std.mem.findScalar(u8, arguments, ',') orelse return null;
        const size = std.fmt.parseInt(usize, std.mem.trim(u8, arguments[comma + 1 ..], blank), 10) catch return null;
        const item = parse(std.mem.trim(u8, arguments[0..comma], blank));
        return switch (item.kind) {
            .signed, .unsigned, .float => .{ .{ .kind = item.kind, .width = item.width }, size },
            else => null,
        };
    }

    /// The type of columns for values of a Zig type, which is not optional.
    pub fn of(comptime T: type) DataType {
        @setEvalBranchQuota(100_000);
        if (@typeInfo(T) == .@"struct" and @hasDecl(T, "lance_type")) return parse(T.lance_type);
        return switch (@typeInfo(T)) {
            .bool => parse("bool"),
            .int => |int| switch (int.bits) {
                8, 16, 32, 64 => if (T == usize or T == isize)
                    @compileError(@typeName(T) ++ " has another size on another machine: take u32 or u64")
                else
                    parse((if (int.signedness == .signed) "int" else "uint") ++ digits(int.bits)),
                else => @compileError("there is no column for " ++ @typeName(T) ++ " by itself: say its type in `columns`"),
            },
            .float => |float| switch (float.bits) {
                16, 32, 64 => parse("float" ++ digits(float.bits)),
                else => @compileError("there is no column for " ++ @typeName(T)),
            },
            .@"enum" => parse("utf8"),
            .array => |array| if (array.child == u8)
                parse("fixed-size-binary(" ++ digits(array.len) ++ ")")
            else
                parse("vector(" ++ of(array.child).name ++ ", " ++ digits(array.len) ++ ")"),
            .pointer => |pointer| {
                if (isText(T)) return parse("utf8");
                if (pointer.size != .slice) @compileError("there is no column for " ++ @typeName(T));
                const item = partOf("", pointer.child);
                return .{ .kind = .list, .name = "list(" ++ typeOfPart(item) ++ ")", .width = 4, .parts = &.{item} };
            },
            .@"struct" => |structure| {
                var parts: [structure.field_names.len]Part = undefined;
                var text: []const u8 = "";
                for (&parts, structure.field_names, structure.field_types) |*part, name, Field| {
                    part.* = partOf(name, Field);
                    text = text ++ (if (text.len > 0) ", " else "") ++ quoted(name) ++ ": " ++ typeOfPart(part.*);
                }
                const fields = parts;
                return .{ .kind = .structure, .name = "struct(" ++ text ++ ")", .parts = &fields };
            },
            else => @compileError("there is no column for " ++ @typeName(T)),
        };
    }
};

/// What a nested type is made of.
pub const Part = struct {
    name: []const u8,
    nullable: bool,
    type: DataType,
};

const blank = " \t\r\n";

const plain = [_]struct { []const u8, Kind, usize }{
    .{ "bool", .bits, 0 },
    .{ "int8", .signed, 1 },
    .{ "int16", .signed, 2 },
    .{ "int32", .signed, 4 },
    .{ "int64", .signed, 8 },
    .{ "uint8", .unsigned, 1 },
    .{ "uint16", .unsigned, 2 },
    .{ "uint32", .unsigned, 4 },
    .{ "uint64", .unsigned, 8 },
    .{ "float16", .float, 2 },
    .{ "float32", .float, 4 },
    .{ "float64", .float, 8 },
    .{ "utf8", .text, 4 },
    .{ "large-utf8", .text, 8 },
    .{ "binary", .bytes, 4 },
    .{ "large-binary", .bytes, 8 },
    .{ "json", .json, 4 },
    .{ "date32", .signed, 4 },
    .{ "date64", .signed, 8 },
    .{ "time32", .signed, 4 },
    .{ "time64", .signed, 8 },
    .{ "timestamp", .signed, 8 },
    .{ "duration", .signed, 8 },
    .{ "decimal128", .raw, 16 },
    .{ "decimal256", .raw, 32 },
};

/// A value with a type of the contract, for places that no override of a column reaches, such as the
/// items of a list: `[]const lance.As("date32", i32)`.
pub fn As(comptime text: []const u8, comptime T: type) type {
    return struct {
        value: T,

        pub const lance_type = text;
    };
}

/// The floating-point number of some bytes.
pub fn FloatOf(comptime width: usize) type {
    return switch (width) {
        2 => f16,
        4 => f32,
        8 => f64,
        else => unreachable,
    };
}

/// Whether values of a type are text or bytes.
pub fn isText(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .pointer => |pointer| switch (pointer.size) {
            .slice => pointer.child == u8,
            .one => switch (@typeInfo(pointer.child)) {
                .array => |array| array.child == u8,
                else => false,
            },
            else => false,
        },
        else => false,
    };
}

/// A column, an item or a field: what is optional may be null.
pub fn partOf(comptime name: []const u8, comptime T: type) Part {
    return switch (@typeInfo(T)) {
        .optional => |optional| .{ .name = name, .nullable = true, .type = .of(optional.child) },
        else => .{ .name = name, .nullable = false, .type = .of(T) },
    };
}

fn typeOfPart(comptime part: Part) []const u8 {
    return part.type.name ++ if (part.nullable) "" else "!";
}

fn quoted(comptime name: []const u8) []const u8 {
    for (name) |byte| switch (byte) {
        'a'...'z', 'A'...'Z', '0'...'9', '_', '-' => {},
        else => {
            var escaped: []const u8 = "";
            for (name) |each| escaped = escaped ++ if (each == '"') "\"\"" else .{each};
            return "\"" ++ escaped ++ "\"";
        },
    };
    return name;
}

fn digits(comptime number: comptime_int) []const u8 {
    return std.fmt.comptimePrint("{d}", .{number});
}

test "types become those of the contract" {
    const Level = enum { low, high };
    const Place = struct { x: f64, @"the y": ?f32 };
    inline for (.{
        .{ bool, "bool" },                                .{ i8, "int8" },
        .{ u64, "uint64" },                               .{ f16, "float16" },
        .{ []const u8, "utf8" },                          .{ Level, "utf8" },
        .{ [4]u8, "fixed-size-binary(4)" },               .{ [384]f32, "vector(float32, 384)" },
        .{ [2]i8, "vector(int8, 2)" },                    .{ []const ?[]const u8, "list(utf8)" },
        .{ []const i32, "list(int32!)" },                 .{ Place, "struct(x: float64!, \"the y\": float32)" },
        .{ []const [2]f32, "list(vector(float32, 2)!)" }, .{ As("timestamp(us, UTC)", i64), "timestamp(us, UTC)" },
    }) |pair| try std.testing.expectEqualStrings(pair[1], comptime DataType.of(pair[0]).name);
}

test "text tells the layout of values" {
    const expectEqual = std.testing.expectEqual;
    try expectEqual(8, DataType.parse(" timestamp ( us , UTC ) ").width);
    try expectEqual(16, DataType.parse("decimal128(10, 2)").width);
    const halves = DataType.parse("vector(float16, 3)");
    try expectEqual(6, halves.width);
    try expectEqual(DataType.Item{ .kind = .float, .width = 2 }, halves.item);
    try expectEqual(5, DataType.parse("fixed-size-binary(5)").width);
    for ([_][]const u8{ "map(utf8, int32)", "vector(utf8, 3)", "vector(float32)", "colour" }) |text|
        try expectEqual(Kind.other, DataType.parse(text).kind);
}
