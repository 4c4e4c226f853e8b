const std = @import("std");
const lance_host = @import("lance_host");

pub fn build(b: *std.Build) void {
    lance_host.addPipeline(b, .{ .name = "speed-zig", .root_source_file = b.path("src/main.zig") });
}
