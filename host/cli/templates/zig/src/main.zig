//! A table of greetings. Change what is here, build, and run it again.

const std = @import("std");
const lance = @import("lance_host");

const Greeting = struct {
    language: []const u8,
    text: []const u8,
};

const Greetings = lance.Table(Greeting, .{ .primary_key = &.{"language"} });

comptime {
    lance.exportPipeline(run);
}

/// Declares the rows that should exist; the host makes the table match.
fn run(pipeline: *lance.Pipeline) !void {
    const words = [_]struct { []const u8, []const u8 }{
        .{ "en", "Hello" },
        .{ "fr", "Bonjour" },
        .{ "sw", "Habari" },
    };
    const name = pipeline.params.get("name") orelse "world";
    const greetings = try pipeline.table(Greetings, .{ .name = "greetings" });
    for (words) |word| {
        var text: [128]u8 = undefined;
        try greetings.declare(.{
            .language = word[0],
            .text = try std.fmt.bufPrint(&text, "{s}, {s}!", .{ word[1], name }),
        });
    }
}

test "everybody is greeted by name" {
    var host: lance.testing.Host = .init(std.testing.allocator);
    defer host.deinit();
    try host.run(run, &.{.{ .name = "name", .value = "Ada" }});
    try std.testing.expectEqualDeep(@as([]const Greeting, &.{
        .{ .language = "en", .text = "Hello, Ada!" },
        .{ .language = "fr", .text = "Bonjour, Ada!" },
        .{ .language = "sw", .text = "Habari, Ada!" },
    }), try host.rows(Greeting, "greetings"));
}
