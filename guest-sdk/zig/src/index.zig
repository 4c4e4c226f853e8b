//! Indexes that should exist.

const std = @import("std");
const Allocator = std.mem.Allocator;

const Setting = @import("failure.zig").Setting;

/// An index and what is said about it. What is not said is for the host to choose, which knows the
/// column and the number of rows.
///
/// Indexes are a part of what should exist: one is built after the rows have landed, replaced when its
/// declaration changes, and dropped when it is no longer declared.
pub const Index = union(enum) {
    /// For columns of many values, and for ranges.
    btree,
    /// For columns of few values.
    bitmap,
    /// For lists of labels.
    label_list,
    /// For the search of the nearest vectors.
    vector: Vector,
    /// For the search of words.
    text: Text,
    /// Any kind and settings of the contract, by their names.
    other: struct { kind: []const u8, settings: []const Setting = &.{} },

    pub const Vector = struct {
        kind: enum { ivf_flat, ivf_sq, ivf_pq, ivf_rq, ivf_hnsw_flat, ivf_hnsw_sq, ivf_hnsw_pq },
        metric: ?enum { l2, cosine, dot, hamming } = null,
        num_partitions: ?u32 = null,
        /// Rows a partition, instead of their number.
        target_partition_size: ?u32 = null,
        /// Vectors a partition to train with.
        sample_rate: ?u32 = null,
        max_iterations: ?u32 = null,
        /// Into how many parts PQ divides a vector.
        num_sub_vectors: ?u32 = null,
        num_bits: ?u32 = null,
        /// Edges a node in HNSW, and candidates.
        m: ?u32 = null,
        ef_construction: ?u32 = null,
    };

    pub const Text = struct {
        /// `simple`, `whitespace`, `raw`, `ngram`, `icu`, `icu/split`, `code`.
        tokenizer: ?[]const u8 = null,
        /// An English name, such as `French`.
        language: ?[]const u8 = null,
        /// In bytes.
        max_token_length: ?u32 = null,
        lower_case: ?bool = null,
        ascii_folding: ?bool = null,
        stem: ?bool = null,
        remove_stop_words: ?bool = null,
        /// Needed for the search of phrases.
        with_position: ?bool = null,
        ngram_min: ?u32 = null,
        ngram_max: ?u32 = null,
    };

    /// Its name in the contract.
    pub fn kind(self: Index) []const u8 {
        return switch (self) {
            .btree => "btree",
            .bitmap => "bitmap",
            .label_list => "label-list",
            .vector => |vector| switch (vector.kind) {
                inline else => |tag| comptime dashed(@tagName(tag)),
            },
            .text => "fts",
            .other => |other| other.kind,
        };
    }

    /// What is said about it, as names and values.
    pub fn settings(self: Index, arena: Allocator) Allocator.Error![]const Setting {
        return switch (self) {
            .btree, .bitmap, .label_list => &.{},
            .vector => |vector| said(arena, vector),
            .text => |text| said(arena, text),
            .other => |other| other.settings,
        };
    }
};

/// The fields that are not null, under the names that the contract has for them.
fn said(arena: Allocator, index: anytype) Allocator.Error![]const Setting {
    var list: std.ArrayList(Setting) = .empty;
    inline for (@typeInfo(@TypeOf(index)).@"struct".field_names) |name| {
        const field = @field(index, name);
        if (@typeInfo(@TypeOf(field)) == .optional) if (field) |value| {
            const text: []const u8 = switch (@typeInfo(@TypeOf(value))) {
                .bool => if (value) "true" else "false",
                .int => try arena.print("{d}", .{value}),
                .@"enum" => @tagName(value),
                else => value,
            };
            try list.append(arena, .{ comptime dashed(name), text });
        };
    }
    return list.items;
}

fn dashed(comptime name: []const u8) []const u8 {
    var text: [name.len]u8 = undefined;
    for (&text, name) |*to, from| to.* = if (from == '_') '-' else from;
    const final = text;
    return &final;
}

test "only what is said is declared" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    const vector: Index = .{ .vector = .{ .kind = .ivf_hnsw_pq, .metric = .cosine, .num_sub_vectors = 2 } };
    try std.testing.expectEqualStrings("ivf-hnsw-pq", vector.kind());
    try std.testing.expectEqualDeep(
        @as([]const Setting, &.{ .{ "metric", "cosine" }, .{ "num-sub-vectors", "2" } }),
        try vector.settings(arena.allocator()),
    );
    const text: Index = .{ .text = .{ .language = "French", .stem = false } };
    try std.testing.expectEqualDeep(
        @as([]const Setting, &.{ .{ "language", "French" }, .{ "stem", "false" } }),
        try text.settings(arena.allocator()),
    );
}
