/* The guest in C of the suite that all SDKs share, tests/tests/sdk_suite.rs, where the cases are
 * described. */

#undef NDEBUG /* What fails has to be seen. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lance_host.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define COLUMNS(list) .columns = (list), .column_count = COUNT(list)

static const lh_column id_only[] = {{.name = "id", .type = "int64"}};
static const lh_column id_and_text[] = {{.name = "id", .type = "int64"}, {.name = "text", .type = "utf8"}};
static const lh_column id_and_name[] = {{.name = "id", .type = "int64"}, {.name = "name", .type = "utf8"}};

/* Declares a table of this name, the key of which is `id`. */
static bool declare(lh_table *table, const char *name, const lh_column *columns, size_t count,
                    lh_error *error) {
    lh_table_def def = {
        .database = "default", .name = name, .columns = columns, .column_count = count, .key = {"id"}};
    return lh_table_declare(table, &def, error);
}

static bool declare_one(const char *name, lh_error *error) {
    lh_table table;
    if (!declare(&table, name, id_only, 1, error)) return false;
    lh_int(&table, 0, 1);
    return lh_row_end(&table, error) && lh_table_finish(&table, error);
}

#define NULLABLE(yes)                                              \
    {{.name = "id", .type = "utf8"},                               \
     {.name = "yes", .type = "bool", .nullable = yes},             \
     {.name = "number", .type = "int64", .nullable = yes},         \
     {.name = "float", .type = "float64", .nullable = yes},        \
     {.name = "text", .type = "utf8", .nullable = yes},            \
     {.name = "bytes", .type = "binary", .nullable = yes},         \
     {.name = "value", .type = "json", .nullable = yes},           \
     {.name = "vector", .type = "vector(float32, 3)", .nullable = yes}}

static bool types(lh_error *error) {
    static const lh_column columns[] = NULLABLE(false);
    lh_table table;
    if (!declare(&table, "types", columns, COUNT(columns), error)) return false;
    lh_string(&table, 0, "min");
    lh_bool(&table, 1, false);
    lh_int(&table, 2, INT64_MIN);
    lh_float(&table, 3, -DBL_MAX);
    lh_string(&table, 4, "");
    lh_bytes(&table, 5, NULL, 0);
    lh_string(&table, 6, "[]");
    lh_vector_f32(&table, 7, (float[3]){0}, 3);
    bool declared = lh_row_end(&table, error);

    lh_string(&table, 0, "max");
    lh_bool(&table, 1, true);
    lh_int(&table, 2, INT64_MAX);
    lh_float(&table, 3, NAN);
    lh_string(&table, 4, "Grüße, 世界 🌍");
    lh_bytes(&table, 5, "\x00\xff", 2);
    lh_string(&table, 6, "{\"a\":[1,2.5,\"x\"]}");
    lh_vector_f32(&table, 7, (float[]){1, 2.5f, -3}, 3);
    return declared && lh_row_end(&table, error) && lh_table_finish(&table, error);
}

static bool nulls(lh_error *error) {
    static const lh_column columns[] = NULLABLE(true);
    lh_table table;
    if (!declare(&table, "nulls", columns, COUNT(columns), error)) return false;
    lh_string(&table, 0, "present");
    lh_bool(&table, 1, true);
    lh_int(&table, 2, 1);
    lh_float(&table, 3, 1.5);
    lh_string(&table, 4, "t");
    lh_bytes(&table, 5, "\x01", 1);
    lh_string(&table, 6, "{}");
    lh_vector_f32(&table, 7, (float[]){1, 2, 3}, 3);
    bool declared = lh_row_end(&table, error);

    lh_string(&table, 0, "absent");
    lh_null(&table, 1); /* The others are null because they are not said. */
    return declared && lh_row_end(&table, error) && lh_table_finish(&table, error);
}

static bool wide(lh_error *error) {
    static const lh_column columns[] = {
        {.name = "id", .type = "utf8"},
        {.name = "i8", .type = "int8"},
        {.name = "i16", .type = "int16"},
        {.name = "i32", .type = "int32"},
        {.name = "u8", .type = "uint8"},
        {.name = "u16", .type = "uint16"},
        {.name = "u32", .type = "uint32"},
        {.name = "u64", .type = "uint64"},
        {.name = "f16", .type = "float16"},
        {.name = "f32", .type = "float32"},
        {.name = "text", .type = "large-utf8"},
        {.name = "bytes", .type = "large-binary"},
        {.name = "hash", .type = "fixed-size-binary(4)"},
        {.name = "day", .type = "date32"},
        {.name = "time", .type = "time64(us)"},
        {.name = "moment", .type = "timestamp(us)"},
        {.name = "zoned", .type = "timestamp(us, UTC)"},
        {.name = "span", .type = "duration(us)"},
        {.name = "price", .type = "decimal128(10, 2)"},
        {.name = "halves", .type = "vector(float16, 2)"},
        {.name = "doubles", .type = "vector(float64, 2)"},
        {.name = "levels", .type = "vector(uint8, 2)"},
        {.name = "signed", .type = "vector(int8, 2)"},
    };
    static const int64_t smallest[] = {INT8_MIN, INT16_MIN, INT32_MIN, 0, 0, 0, 0};
    static const uint64_t largest[] = {INT8_MAX, INT16_MAX, INT32_MAX, UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX};
    lh_table table;
    if (!declare(&table, "wide", columns, COUNT(columns), error)) return false;
    lh_string(&table, 0, "min");
    for (size_t i = 0; i < COUNT(smallest); i++) lh_int(&table, 1 + i, smallest[i]);
    lh_float(&table, 8, -1.5);
    lh_float(&table, 9, -1.5);
    lh_string(&table, 10, "");
    lh_bytes(&table, 11, NULL, 0);
    lh_bytes(&table, 12, "\0\0\0\0", 4);
    for (size_t i = 13; i < 18; i++) lh_int(&table, i, 0);
    lh_raw(&table, 18, (int64_t[]){-1, -1}, 16);
    lh_raw(&table, 19, (uint16_t[]){0, 0}, 4);
    lh_vector_f64(&table, 20, (double[]){0, 0}, 2);
    lh_vector_u8(&table, 21, (uint8_t[]){0, 0}, 2);
    lh_vector_i8(&table, 22, (int8_t[]){0, 0}, 2);
    bool declared = lh_row_end(&table, error);

    const int64_t leap = 1709210096789012; /* 2024-02-29T12:34:56.789012 */
    lh_string(&table, 0, "max");
    for (size_t i = 0; i < COUNT(largest); i++) lh_uint(&table, 1 + i, largest[i]);
    lh_float(&table, 8, 65504);
    lh_float(&table, 9, 0.5);
    lh_string(&table, 10, "ä");
    lh_bytes(&table, 11, "\x00\xff", 2);
    lh_bytes(&table, 12, "\xff\xff\xff\xff", 4);
    lh_int(&table, 13, leap / 86400000000);
    lh_int(&table, 14, 86400000000 - 1);
    lh_int(&table, 15, leap);
    lh_int(&table, 16, leap);
    lh_int(&table, 17, 90000001);
    lh_raw(&table, 18, (int64_t[]){1234567890, 0}, 16);
    lh_raw(&table, 19, (uint16_t[]){0x3c00, 0xb800}, 4);
    lh_vector_f64(&table, 20, (double[]){1, -0.1}, 2);
    lh_vector_u8(&table, 21, (uint8_t[]){1, 255}, 2);
    lh_vector_i8(&table, 22, (int8_t[]){127, -128}, 2);
    return declared && lh_row_end(&table, error) && lh_table_finish(&table, error);
}

/* Nested columns go as parts: each column, and behind it what it is made of. */
static bool nested(lh_error *error) {
    static const lh_column columns[] = {
        {.name = "id", .type = "utf8"},
        {.name = "tags", .type = "list(utf8)", .nullable = true},
        {.name = "counts", .type = "list(int32!)", .nullable = true},
        {.name = "place", .type = "struct(x: float64!, y: float64)", .nullable = true},
    };
    static const uint8_t second = 2, tags = 5, none = 0;
    static const int32_t id_ends[] = {0, 5, 9}, tags_end[] = {0, 0, 3}, tag_ends[] = {0, 1, 1, 3};
    static const int32_t counts_end[] = {0, 0, 2}, counts[] = {1, 2};
    static const double x[] = {0, 1.5}, y[] = {0, 0};
    const lh_part parts[] = {
        {2, NULL, 0, {id_ends, "emptyfull"}, {sizeof id_ends, 9}, 2},
        {2, NULL, 0, {tags_end}, {sizeof tags_end}, 1},
        {3, &tags, 1, {tag_ends, "aä"}, {sizeof tag_ends, 3}, 2},
        {2, &second, 1, {counts_end}, {sizeof counts_end}, 1},
        {2, NULL, 0, {counts}, {sizeof counts}, 1},
        {2, &second, 1, {NULL}, {0}, 0},
        {2, NULL, 0, {x}, {sizeof x}, 1},
        {2, &none, 1, {y}, {sizeof y}, 1},
    };
    lh_table table;
    return declare(&table, "nested", columns, COUNT(columns), error) &&
           lh_declare_parts(&table, parts, COUNT(parts), error) && lh_table_finish(&table, error);
}

static bool composite(lh_error *error) {
    static const lh_column columns[] = {
        {.name = "tenant", .type = "utf8"}, {.name = "number", .type = "int64"}, {.name = "text", .type = "utf8"}};
    static const struct {
        const char *tenant;
        int number;
        const char *text;
    } rows[] = {{"a", 1, "a1"}, {"a", 2, "a2"}, {"b", 1, "b1"}};
    lh_table table;
    if (!lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "composite", COLUMNS(columns),
                                                  .key = {"tenant", "number"}}, error))
        return false;
    for (size_t i = 0; i < COUNT(rows); i++) {
        lh_string(&table, 0, rows[i].tenant);
        lh_int(&table, 1, rows[i].number);
        lh_string(&table, 2, rows[i].text);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}

static bool texts(const char *name, int rows, const size_t *sizes, const char *letters, lh_error *error) {
    static char text[3 << 20];
    lh_table table;
    if (!declare(&table, name, id_and_text, 2, error)) return false;
    for (int id = 0; id < rows; id++) {
        size_t size = sizes ? sizes[id] : 100;
        memset(text, letters ? letters[id] : 'x', size);
        lh_int(&table, 0, id);
        lh_bytes(&table, 1, text, size);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}

static bool batches(lh_error *error) {
    return texts("batches", 30000, NULL, NULL, error);
}

static bool large(lh_error *error) {
    return texts("large", 3, (size_t[]){3 << 20, 1, 3 << 20}, "abc", error);
}

static bool empty(lh_error *error) {
    lh_table table;
    return declare(&table, "empty", id_only, 1, error) && lh_table_finish(&table, error);
}

static bool two_tables(lh_error *error) {
    lh_table tables[2];
    if (!declare(&tables[0], "even", id_only, 1, error) || !declare(&tables[1], "odd", id_only, 1, error))
        return false;
    for (int id = 0; id < 10; id++) {
        lh_int(&tables[id % 2], 0, id);
        if (!lh_row_end(&tables[id % 2], error)) return false;
    }
    return lh_table_finish(&tables[0], error) && lh_table_finish(&tables[1], error);
}

static bool user(lh_error *error) {
    lh_table table;
    if (!lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "user", COLUMNS(id_only), .key = {"id"},
                                                  .settings = {{"managed-by", "user"}}}, error))
        return false;
    lh_int(&table, 0, 1);
    return lh_row_end(&table, error) && lh_table_finish(&table, error);
}

static bool params(const lh_params *given, lh_error *error) {
    static const lh_column columns[] = {
        {.name = "position", .type = "int64"}, {.name = "name", .type = "utf8"}, {.name = "value", .type = "utf8"}};
    lh_table table;
    if (!lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "params", COLUMNS(columns),
                                                  .key = {"position"}}, error))
        return false;
    for (size_t i = 0; i < given->count; i++) {
        lh_int(&table, 0, (int64_t)i);
        lh_string(&table, 1, given->items[i].name);
        lh_string(&table, 2, given->items[i].value);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}

static bool indexes(lh_error *error) {
    static const lh_column columns[] = {{.name = "id", .type = "int64"},
                                        {.name = "kind", .type = "utf8"},
                                        {.name = "text", .type = "utf8"},
                                        {.name = "vector", .type = "vector(float32, 2)"}};
    static const lh_setting french[] = {{"language", "French"}, {0}};
    static const lh_setting cosine[] = {{"metric", "cosine"}, {"num-partitions", "1"}, {0}};
    static const struct {
        const char *kind, *text;
        float vector[2];
    } rows[] = {{"a", "un chat noir", {1, 0}}, {"b", "des chiens blancs", {0, 1}}};
    lh_table table;
    if (!declare(&table, "indexes", columns, COUNT(columns), error)) return false;
    if (!lh_index(&table, "id", "btree", NULL, error) || !lh_index(&table, "kind", "bitmap", NULL, error) ||
        !lh_index(&table, "text", "fts", french, error) || !lh_index(&table, "vector", "ivf-flat", cosine, error))
        return false;
    for (size_t i = 0; i < COUNT(rows); i++) {
        lh_int(&table, 0, (int64_t)i + 1);
        lh_string(&table, 1, rows[i].kind);
        lh_string(&table, 2, rows[i].text);
        lh_vector_f32(&table, 3, rows[i].vector, 2);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}

static bool wrong_dimension(lh_error *error) {
    static const lh_column columns[] = {{.name = "id", .type = "int64"}, {.name = "vector", .type = "vector(float32, 2)"}};
    lh_table table;
    if (!declare(&table, "wrong-dimension", columns, COUNT(columns), error)) return false;
    for (int id = 0; id < 2; id++) {
        lh_int(&table, 0, id);
        lh_vector_f32(&table, 1, (float[3]){0}, 2 + (size_t)id);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}

static bool duplicate_table(lh_error *error) {
    lh_table first, second;
    return declare(&first, "duplicate-table", id_only, 1, error) &&
           declare(&second, "duplicate-table", id_and_name, 2, error);
}

static bool duplicate_key(lh_error *error) {
    lh_table table;
    if (!declare(&table, "duplicate-key", id_and_name, 2, error)) return false;
    for (const char *name = "a\0b"; *name; name += 2) {
        lh_int(&table, 0, 1);
        lh_string(&table, 1, name);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}

static bool unknown_database(lh_error *error) {
    lh_table table;
    return lh_table_declare(&table, &(lh_table_def){.database = "nowhere", .name = "unknown-database",
                                                    COLUMNS(id_only), .key = {"id"}}, error);
}

static bool unknown_setting(lh_error *error) {
    lh_table table;
    return lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "unknown-setting",
                                                    COLUMNS(id_only), .key = {"id"},
                                                    .settings = {{"colour", "blue"}}}, error);
}

static bool unknown_index(lh_error *error) {
    lh_table table;
    return declare(&table, "unknown-index", id_only, 1, error) &&
           lh_index(&table, "nowhere", "btree", NULL, error);
}

static bool fails(lh_error *error) {
    return declare_one("error", error) && lh_fail(error, "outer: %s: %s", "middle", "inner");
}

static bool panics(lh_error *error) {
    if (!declare_one("panic", error)) return false;
    assert(!"the guest panicked on purpose");
    return true;
}

static const struct {
    const char *name;
    bool (*declare)(lh_error *error);
} cases[] = {
    {"types", types},
    {"nulls", nulls},
    {"wide", wide},
    {"nested", nested},
    {"composite", composite},
    {"batches", batches},
    {"large", large},
    {"empty", empty},
    {"two-tables", two_tables},
    {"user", user},
    {"indexes", indexes},
    {"wrong-dimension", wrong_dimension},
    {"duplicate-table", duplicate_table},
    {"duplicate-key", duplicate_key},
    {"unknown-database", unknown_database},
    {"unknown-setting", unknown_setting},
    {"unknown-index", unknown_index},
    {"error", fails},
    {"panic", panics},
};

bool lh_run(const lh_params *given, lh_error *error) {
    const char *name = lh_param(given, "case");
    if (!name) return lh_fail(error, "parameter case is missing: give it with --param case=VALUE");
    if (strcmp(name, "params") == 0) return params(given, error);
    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(cases[i].name, name) == 0) return cases[i].declare(error);
    return lh_fail(error, "no such case: %s", name);
}
