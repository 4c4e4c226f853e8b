/* Tests of the SDK on the machine at hand: this file is the host. */

#include "../lance_host.c"

#undef NDEBUG
#include <assert.h>

/* What the host was given, and what it says. */
static struct {
    size_t fields, keys, settings, calls, columns;
    uint32_t lengths[8];
    unsigned char bytes[8][64], validity[8];
    size_t sizes[8];
    const char *refusal;
} host;

static abi_list given(const char *text) {
    char *block = lh_cabi_realloc(NULL, 0, 1, strlen(text));
    memcpy(block, text, strlen(text));
    return (abi_list){block, strlen(text)};
}

static void answer(abi_result *result) {
    *result = (abi_result){.is.handle = 7};
    if (!host.refusal) return;
    result->failed = true;
    result->is.error = (abi_error){.code = given("duplicate-key"),
                                   .message = given(host.refusal),
                                   .column = {true, given("id")},
                                   .has_row = true,
                                   .row = 3};
}

void host_declare_table(const char *database, size_t database_size, const char *name, size_t name_size,
                        const abi_field *fields, size_t field_count, const abi_list *key, size_t key_count,
                        const abi_setting *settings, size_t setting_count, abi_result *result) {
    assert(database_size == 7 && memcmp(database, "default", 7) == 0);
    assert(name_size == 1 && *name == 't');
    assert(field_count == 0 || fields[0].type.count > 0);
    assert(key_count == 0 || key[0].count == 2);
    assert(setting_count == 0 || settings[0].name.count == 10);
    host.fields = field_count;
    host.keys = key_count;
    host.settings = setting_count;
    answer(result);
}

void host_declare_rows(uint32_t table, const abi_column *columns, size_t count, abi_result *result) {
    assert(table == 7);
    host.calls++;
    host.columns = count;
    for (size_t i = 0; i < count && i < 8; i++) {
        host.lengths[i] = columns[i].length;
        host.validity[i] = columns[i].has_validity ? *(const unsigned char *)columns[i].validity.at : 0;
        host.sizes[i] = 0;
        const abi_list *buffers = columns[i].buffers.at;
        for (size_t b = 0; b < columns[i].buffers.count; b++) {
            size_t size = buffers[b].count;
            if (size && host.sizes[i] + size <= sizeof host.bytes[i])
                memcpy(host.bytes[i] + host.sizes[i], buffers[b].at, size);
            host.sizes[i] += size;
        }
    }
    answer(result);
}

void host_declare_index(uint32_t table, const char *column, size_t column_size, const char *kind,
                        size_t kind_size, const abi_setting *settings, size_t setting_count,
                        abi_result *result) {
    assert(table == 7 && column_size == 2 && memcmp(column, "id", 2) == 0);
    assert(kind_size == 5 && memcmp(kind, "btree", 5) == 0);
    assert(setting_count == 0 || settings);
    answer(result);
}

/* How much of the SDK's memory is in use. */
static size_t in_use;

static void *count_memory(void *block, size_t old_size, size_t new_size) {
    in_use += new_size - old_size;
    return use_realloc(block, old_size, new_size);
}

static void *no_memory(void *block, size_t old_size, size_t new_size) {
    return new_size > old_size ? NULL : use_realloc(block, old_size, new_size);
}

static lh_error error;

static void declare(lh_table *table, const lh_column *columns, size_t count) {
    lh_table_def def = {
        .database = "default", .name = "t", .columns = columns, .column_count = count, .key = {"id"}};
    assert(lh_table_declare(table, &def, &error));
    assert(host.fields == count && host.keys == 1 && host.settings == 0);
}

static void expect_column(size_t column, const void *bytes, size_t size) {
    assert(host.sizes[column] == size && memcmp(host.bytes[column], bytes, size) == 0);
}

static const lh_column columns[] = {{"id", "int16", false},
                                    {"text", "utf8", true},
                                    {"yes", "bool", true},
                                    {"vector", "vector(float32, 1)", false}};

static void row(lh_table *table, int64_t id, const char *text, size_t items) {
    lh_int(table, 0, id);
    if (text) lh_string(table, 1, text);
    if (text) lh_bool(table, 2, true);
    lh_vector_f32(table, 3, (float[]){1, 2}, items);
}

static void rows_leave_in_the_layout_of_arrow(void) {
    lh_table table;
    declare(&table, columns, 4);
    row(&table, 1, "a", 1);
    assert(lh_row_end(&table, &error));
    row(&table, -2, NULL, 1);
    assert(lh_row_end(&table, &error));
    row(&table, 3, "bc", 1);
    assert(lh_row_end(&table, &error));
    assert(host.calls == 0 && lh_table_finish(&table, &error) && host.calls == 1);
    assert(host.lengths[0] == 3 && host.validity[0] == 0 && host.validity[1] == 5 && host.validity[2] == 5);
    expect_column(0, (int16_t[]){1, -2, 3}, 6);
    expect_column(1, "\0\0\0\0\1\0\0\0\1\0\0\0\3\0\0\0abc", 19);
    expect_column(2, "\5", 1);
    expect_column(3, (float[]){1, 1, 1}, 12);
}

static void refused_row_leaves_no_trace(void) {
    lh_table table;
    declare(&table, columns, 4);
    row(&table, 1, "a", 1);
    assert(lh_row_end(&table, &error));
    row(&table, 2, NULL, 2);
    assert(!lh_row_end(&table, &error));
    assert(strcmp(error.code, "dimension-mismatch") == 0 && error.row == 1);
    assert(strcmp(error.message, "the vector has 2 items instead of 1") == 0);
    assert(strcmp(error.table, "default/t") == 0 && strcmp(error.column, "vector") == 0);
    row(&table, 3, "b", 1);
    assert(lh_row_end(&table, &error) && lh_table_finish(&table, &error));
    assert(host.lengths[0] == 2);
    expect_column(0, (int16_t[]){1, 3}, 4);
    expect_column(1, "\0\0\0\0\1\0\0\0\2\0\0\0ab", 14);
    expect_column(2, "\3", 1);
}

static void expect_refusal(lh_table *table, const char *column, const char *message) {
    assert(!lh_row_end(table, &error));
    assert(strcmp(error.column, column) == 0);
    assert(strcmp(error.message, message) == 0);
}

static void values_that_do_not_fit_are_named(void) {
    static const lh_column narrow[] = {{"id", "uint8", false}, {"half", "float16", true}, {"bytes", "fixed-size-binary(2)", true}};
    lh_table table;
    declare(&table, narrow, 3);
    lh_int(&table, 0, -1);
    expect_refusal(&table, "id", "-1 does not fit uint8");
    lh_uint(&table, 0, 256);
    expect_refusal(&table, "id", "256 does not fit uint8");
    lh_string(&table, 0, "many");
    expect_refusal(&table, "id", "a run of bytes has no place in a column of type uint8");
    lh_null(&table, 1);
    expect_refusal(&table, "id", "the column is required and has no value here");
    lh_int(&table, 0, 1);
    lh_int(&table, 0, 2);
    expect_refusal(&table, "id", "the column has a value in this row already");
    lh_int(&table, 0, 1);
    lh_float(&table, 1, 65520);
    expect_refusal(&table, "half", "65520 does not fit float16");
    lh_int(&table, 0, 1);
    lh_bytes(&table, 2, "abc", 3);
    expect_refusal(&table, "bytes", "the value has 3 bytes instead of 2");
    lh_int(&table, 3, 1);
    expect_refusal(&table, "", "there is no column 3");
    assert(lh_table_finish(&table, &error) && host.calls == 0);
}

static void halves_are_rounded_to_the_nearest_even(void) {
    static const struct {
        float value;
        uint16_t half;
    } pairs[] = {{0, 0},           {1, 0x3c00},           {-1.5f, 0xbe00},          {65504, 0x7bff},
                 {65520, 0x7c00},  {1 + 1.0f / 2048, 0x3c00}, {1 + 3.0f / 2048, 0x3c02}, {5.9604645e-08f, 1},
                 {2.9802322e-08f, 0}, {8.940697e-08f, 2}, {6.0975552e-05f, 0x03ff}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) assert(to_half(pairs[i].value) == pairs[i].half);
    assert(to_half(NAN) == 0x7e00);
}

static void texts_of_any_length_are_copied_whole(void) {
    static const char text[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
    for (size_t length = 0; length < sizeof text; length++) {
        lh_table table;
        declare(&table, columns, 2);
        lh_int(&table, 0, 1);
        lh_bytes(&table, 1, text, length);
        assert(lh_row_end(&table, &error) && lh_table_finish(&table, &error));
        char expected[8 + sizeof text] = {0, 0, 0, 0, (char)length, 0, 0, 0};
        memcpy(expected + 8, text, length);
        expect_column(1, expected, 8 + length);
    }
}

static void full_batch_is_sent(void) {
    static char text[600000];
    lh_table table;
    declare(&table, columns, 2);
    for (int id = 0; id < 3; id++) {
        lh_int(&table, 0, id);
        lh_bytes(&table, 1, text, sizeof text);
        assert(lh_row_end(&table, &error));
    }
    assert(host.calls == 1 && host.lengths[0] == 2);
    assert(lh_table_finish(&table, &error) && host.calls == 2 && host.lengths[0] == 1);
}

static void refused_batch_fails_every_further_call(void) {
    lh_table table;
    declare(&table, columns, 1);
    lh_int(&table, 0, 1);
    assert(lh_row_end(&table, &error));
    host.refusal = "not today";
    assert(!lh_table_flush(&table, &error));
    host.refusal = NULL;
    assert(strcmp(error.code, "duplicate-key") == 0 && error.row == 3);
    lh_int(&table, 0, 2);
    assert(!lh_row_end(&table, &error) && strcmp(error.message, "not today") == 0);
    assert(!lh_table_finish(&table, &error) && host.calls == 1);
}

static void want_of_memory_is_an_error(void) {
    lh_table table;
    declare(&table, columns, 1);
    lh_allocate = no_memory;
    lh_int(&table, 0, 1);
    expect_refusal(&table, "id", "there is no memory left");
    lh_allocate = count_memory;
    assert(lh_table_finish(&table, &error));
}

/* What the pipeline under test does. */
static bool (*pipeline)(const lh_params *params, lh_error *error);

bool lh_run(const lh_params *params, lh_error *told) {
    return pipeline(params, told);
}

static bool forgets_a_table(const lh_params *params, lh_error *told) {
    (void)params;
    static lh_table table;
    static const lh_column one[] = {{"id", "int64", false}};
    return lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "t", .columns = one, .column_count = 1, .key = {"id"}}, told);
}

static bool fails(const lh_params *params, lh_error *told) {
    assert(params->count == 2 && strcmp(lh_param(params, "a"), "2") == 0 && !lh_param(params, "b"));
    return lh_fail(told, "outer: %s", "inner");
}

static void expect_run(const abi_setting *given, size_t count, const char *message) {
    const char *told = (lh_export_run(given, count), outcome.message.at);
    assert(outcome.failed && strcmp(told, message) == 0);
}

static void run_tells_what_failed(void) {
    pipeline = fails;
    expect_run((abi_setting[]){{given("a"), given("1")}, {given("a"), given("2")}}, 2, "outer: inner");
    pipeline = forgets_a_table;
    expect_run(NULL, 0, "the table was not finished: call lh_table_finish (table default/t)");
}

int main(void) {
    static void (*const tests[])(void) = {
        rows_leave_in_the_layout_of_arrow, refused_row_leaves_no_trace,
        values_that_do_not_fit_are_named,  halves_are_rounded_to_the_nearest_even,
        texts_of_any_length_are_copied_whole, full_batch_is_sent,
        refused_batch_fails_every_further_call, want_of_memory_is_an_error,
        run_tells_what_failed,
    };
    lh_allocate = count_memory;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        memset(&host, 0, sizeof host);
        tests[i]();
        /* Only the last test leaves a table behind. */
        assert(in_use == 0 || tests[i] == run_tells_what_failed);
    }
    return 0;
}
