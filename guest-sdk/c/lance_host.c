#include "lance_host.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The contract, in the canonical ABI. A release keeps the exact shape of every type. It is written by
 * hand, so that a batch leaves without a copy; guest-sdk/componentize says what holds it to the
 * contract. ---- */

typedef struct {
    const void *at;
    size_t count;
} abi_list;

typedef struct {
    abi_list name, value;
} abi_setting;

typedef struct {
    abi_list name, type;
    bool nullable;
    abi_list metadata;
} abi_field;

typedef struct {
    uint32_t length;
    bool has_validity;
    abi_list validity;
    abi_list buffers;
} abi_column;

typedef struct {
    bool is_some;
    abi_list text;
} abi_optional;

typedef struct {
    abi_list code, message;
    abi_optional table, column;
    bool has_row;
    uint64_t row;
    abi_list details;
} abi_error;

/* In the place of the error, where there is none, may be a handle. */
typedef struct {
    bool failed;
    union {
        uint32_t handle;
        abi_error error;
    } is;
} abi_result;

#ifdef __wasm__
#define IMPORT(name) __attribute__((import_module("lance-host:pipeline/target@0.1.0"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))
/* The numbers are compared with the contract by the tests of guest-sdk/componentize. */
#define AT(type, part, offset) _Static_assert(offsetof(type, part) == (offset), "as in the canonical ABI")
_Static_assert(sizeof(abi_setting) == 16 && sizeof(abi_field) == 28 && sizeof(abi_column) == 24 &&
                   sizeof(abi_error) == 64 && sizeof(abi_result) == 72,
               "as in the canonical ABI");
AT(abi_field, type, 8);
AT(abi_field, nullable, 16);
AT(abi_field, metadata, 20);
AT(abi_column, has_validity, 4);
AT(abi_column, buffers, 16);
AT(abi_error, message, 8);
AT(abi_error, table, 16);
AT(abi_error, column, 28);
AT(abi_error, has_row, 40);
AT(abi_error, details, 56);
AT(abi_result, is, 8);
/* Recorded in the component, which then says what it was made with. */
__asm__(".section \".custom_section.lance-host:sdk\",\"\",@\n.ascii \"c " LH_VERSION "\"\n.text\n");
#else /* Tests stand in for the host. */
#define IMPORT(name)
#define EXPORT(name)
#endif

IMPORT("declare-table")
void host_declare_table(const char *database, size_t database_size, const char *name, size_t name_size,
                        const abi_field *fields, size_t field_count, const abi_list *key, size_t key_count,
                        const abi_setting *settings, size_t setting_count, abi_result *result);
IMPORT("[method]table.declare-rows")
void host_declare_rows(uint32_t table, const abi_column *columns, size_t count, abi_result *result);
IMPORT("[method]table.declare-index")
void host_declare_index(uint32_t table, const char *column, size_t column_size, const char *kind,
                        size_t kind_size, const abi_setting *settings, size_t setting_count,
                        abi_result *result);

static abi_list text_of(const char *text) {
    return (abi_list){text, strlen(text)};
}

/* ---- Memory ---- */

static void *use_realloc(void *block, size_t old_size, size_t new_size) {
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

void *(*lh_allocate)(void *block, size_t old_size, size_t new_size) = use_realloc;

/* For what the host passes: the parameters and the facts of an error. */
EXPORT("cabi_realloc")
void *lh_cabi_realloc(void *block, size_t old_size, size_t align, size_t new_size) {
    (void)align; /* malloc aligns for every type of the contract. */
    if (new_size == 0) return block;
    (void)old_size;
    void *grown = realloc(block, new_size);
    if (!grown) abort();
    return grown;
}

static void drop(abi_list list) {
    if (list.count > 0) free((void *)list.at);
}

/* ---- Errors ---- */

static void set_text(char *to, size_t size, const char *from, size_t length) {
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80) length--;
    }
    memcpy(to, from, length);
    to[length] = 0;
}

static void clear_error(lh_error *error) {
    error->code[0] = error->message[0] = error->table[0] = error->column[0] = 0;
    error->row = -1;
}

static bool fail_with(lh_error *error, const char *code, const char *format, va_list arguments) {
    clear_error(error);
    set_text(error->code, sizeof error->code, code, strlen(code));
    char message[sizeof error->message];
    vsnprintf(message, sizeof message, format, arguments);
    set_text(error->message, sizeof error->message, message, strlen(message));
    return false;
}

bool lh_fail(lh_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fail_with(error, "pipeline", format, arguments);
    va_end(arguments);
    return false;
}

__attribute__((format(printf, 3, 4))) static bool refuse(lh_error *error, const char *code,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fail_with(error, code, format, arguments);
    va_end(arguments);
    return false;
}

/* Copies what the host said, and gives back what it allocated for that. */
static bool take_result(const abi_result *result, lh_error *error) {
    if (!result->failed) return true;
    const abi_error *said = &result->is.error;
    clear_error(error);
    set_text(error->code, sizeof error->code, said->code.at, said->code.count);
    set_text(error->message, sizeof error->message, said->message.at, said->message.count);
    drop(said->code);
    drop(said->message);
    if (said->table.is_some) {
        set_text(error->table, sizeof error->table, said->table.text.at, said->table.text.count);
        drop(said->table.text);
    }
    if (said->column.is_some) {
        set_text(error->column, sizeof error->column, said->column.text.at, said->column.text.count);
        drop(said->column.text);
    }
    if (said->has_row) error->row = (int64_t)said->row;
    const abi_setting *details = said->details.at;
    for (size_t i = 0; i < said->details.count; i++) {
        drop(details[i].name);
        drop(details[i].value);
    }
    drop(said->details);
    return false;
}

/* ---- Types ---- */

typedef enum { BITS, SIGNED, UNSIGNED, FLOAT, VARIABLE, RAW, VECTOR, NESTED } lh_kind;

typedef struct {
    lh_kind kind;
    size_t width; /* of a value, or of an offset */
    char item;    /* of a vector: f, u or i, */
    size_t item_width;
} lh_layout;

static const struct {
    const char *name;
    lh_kind kind;
    size_t width;
} types[] = {
    {"bool", BITS, 0},        {"int8", SIGNED, 1},     {"int16", SIGNED, 2},    {"int32", SIGNED, 4},
    {"int64", SIGNED, 8},     {"uint8", UNSIGNED, 1},  {"uint16", UNSIGNED, 2}, {"uint32", UNSIGNED, 4},
    {"uint64", UNSIGNED, 8},  {"float16", FLOAT, 2},   {"float32", FLOAT, 4},   {"float64", FLOAT, 8},
    {"utf8", VARIABLE, 4},    {"binary", VARIABLE, 4}, {"json", VARIABLE, 4},   {"large-utf8", VARIABLE, 8},
    {"date32", SIGNED, 4},    {"date64", SIGNED, 8},   {"time32", SIGNED, 4},   {"time64", SIGNED, 8},
    {"timestamp", SIGNED, 8}, {"duration", SIGNED, 8}, {"decimal128", RAW, 16}, {"decimal256", RAW, 32},
    {"large-binary", VARIABLE, 8},
};

/* Reads as much of a type as its layout needs. The host reads all of it. */
static lh_layout layout_of(const char *type) {
    type += strspn(type, " \t\r\n");
    size_t length = strcspn(type, " \t\r\n(");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == length && memcmp(types[i].name, type, length) == 0)
            return (lh_layout){types[i].kind, types[i].width, 0, 0};
    const char *arguments = type + length + strspn(type + length, " \t\r\n(");
    if (length == 17 && memcmp(type, "fixed-size-binary", 17) == 0)
        return (lh_layout){RAW, strtoul(arguments, NULL, 10), 0, 0};
    const char *comma = strchr(arguments, ',');
    if (length == 6 && memcmp(type, "vector", 6) == 0 && comma) {
        size_t item = *arguments == 'f' ? strtoul(arguments + 5, NULL, 10) / 8 : 1;
        return (lh_layout){VECTOR, item * strtoul(comma + 1, NULL, 10), *arguments, item};
    }
    return (lh_layout){NESTED, 0, 0, 0};
}

/* ---- Columns ---- */

typedef struct {
    uint8_t *at;
    size_t size, capacity;
} buffer;

struct lh_builder {
    lh_layout layout;
    uint32_t length;
    bool nulls;
    buffer validity, data, offsets;
    abi_list lists[2];
    abi_column column;
};

/* Calls cost a good part of a value, so what every value passes through is part of its function, and what
 * few do is not. */
#define HOT static inline __attribute__((always_inline))
#define COLD __attribute__((cold, noinline)) static

COLD bool grow(buffer *b, size_t more) {
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity - b->size < more) {
        if (capacity > SIZE_MAX / 2) return false;
        capacity *= 2;
    }
    uint8_t *grown = lh_allocate(b->at, b->capacity, capacity);
    if (!grown) return false;
    b->at = grown;
    b->capacity = capacity;
    return true;
}

/* Room for more bytes, NULL if there is none. */
static uint8_t *extend(buffer *b, size_t more) {
    if (more > b->capacity - b->size && !grow(b, more)) return NULL;
    uint8_t *end = b->at + b->size;
    b->size += more;
    return end;
}

static void release(buffer *b) {
    if (b->capacity) lh_allocate(b->at, b->capacity, 0);
    *b = (buffer){0};
}

static bool append(buffer *b, const void *bytes, size_t size) {
    uint8_t *end = extend(b, size);
    if (end && size) memcpy(end, bytes, size);
    return end || size == 0;
}

/* As append, for what is mostly too short to be worth a call. */
HOT bool append_short(buffer *b, const void *bytes, size_t size) {
    if (size > 32) return append(b, bytes, size);
    if (size > b->capacity - b->size && !grow(b, size)) return false;
    uint8_t *to = b->at + b->size;
    const uint8_t *from = bytes;
    b->size += size;
    /* The last word overlaps the one before. */
    if (size >= 8) {
        for (size_t i = 0; i + 8 < size; i += 8) memcpy(to + i, from + i, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else if (size > 0) {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
    return true;
}

/* Appends the low bytes of a word. All of it is written, at once, behind the end. */
HOT bool append_word(buffer *b, uint64_t word, size_t width) {
    if (sizeof word > b->capacity - b->size && !grow(b, sizeof word)) return false;
    memcpy(b->at + b->size, &word, sizeof word);
    b->size += width;
    return true;
}

/* Bits behind the end are 0. */
HOT bool append_bit(buffer *b, uint32_t length, bool bit) {
    if (length % 8 == 0 && !append(b, &(uint8_t){0}, 1)) return false;
    b->at[length / 8] |= (uint8_t)(bit << length % 8);
    return true;
}

static void truncate_bits(buffer *b, uint32_t length) {
    b->size = (length + 7) / 8;
    if (length % 8) b->at[length / 8] &= (uint8_t)((1u << length % 8) - 1);
}

static void truncate(struct lh_builder *c, uint32_t length) {
    c->length = length;
    if (c->nulls) truncate_bits(&c->validity, length);
    size_t width = c->layout.width;
    if (c->layout.kind == BITS) {
        truncate_bits(&c->data, length);
    } else if (c->layout.kind == VARIABLE) {
        uint64_t end = 0;
        memcpy(&end, c->offsets.at + length * width, width);
        c->offsets.size = (length + 1) * width;
        c->data.size = end;
    } else {
        c->data.size = length * width;
    }
}

/* ---- Tables ---- */

/* Tables that were declared and not finished, and the last of them. */
static size_t unfinished;
static char unfinished_name[sizeof((lh_error *)0)->table];

static size_t count_settings(const lh_setting *settings) {
    size_t count = 0;
    while (settings && count < LH_MAX_SETTINGS && settings[count].name) count++;
    return count;
}

static void lower_settings(abi_setting *to, const lh_setting *from, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = (abi_setting){text_of(from[i].name), text_of(from[i].value)};
}

static bool out_of_memory(lh_error *error, const char *table) {
    refuse(error, "too-large", "there is no memory left");
    set_text(error->table, sizeof error->table, table, strlen(table));
    return false;
}

bool lh_table_declare(lh_table *table, const lh_table_def *def, lh_error *error) {
    *table = (lh_table){.columns = def->columns, .column_count = def->column_count};
    char *name = table->error.table;
    snprintf(name, sizeof table->error.table, "%s/%s", def->database, def->name);

    abi_list key[LH_MAX_KEY];
    size_t key_count = 0;
    for (; key_count < LH_MAX_KEY && def->key[key_count]; key_count++)
        key[key_count] = text_of(def->key[key_count]);
    abi_setting settings[LH_MAX_SETTINGS];
    size_t setting_count = count_settings(def->settings);
    lower_settings(settings, def->settings, setting_count);

    size_t fields_size = def->column_count * sizeof(abi_field);
    abi_field *fields = lh_allocate(NULL, 0, fields_size + 1);
    if (!fields) return out_of_memory(error, name);
    for (size_t i = 0; i < def->column_count; i++) {
        const lh_column *column = &def->columns[i];
        fields[i] = (abi_field){.name = text_of(column->name), .type = text_of(column->type),
                                .nullable = column->nullable};
    }
    abi_result result = {0};
    host_declare_table(def->database, strlen(def->database), def->name, strlen(def->name), fields,
                       def->column_count, key, key_count, settings, setting_count, &result);
    lh_allocate(fields, fields_size + 1, 0);
    if (!take_result(&result, error)) return false;
    table->handle = result.is.handle;

    size_t size = def->column_count * sizeof *table->builders;
    table->builders = lh_allocate(NULL, 0, size + 1);
    if (!table->builders) return out_of_memory(error, name);
    memset(table->builders, 0, size);
    unfinished++;
    memcpy(unfinished_name, name, sizeof unfinished_name);
    for (size_t i = 0; i < def->column_count; i++) {
        struct lh_builder *c = &table->builders[i];
        c->layout = layout_of(def->columns[i].type);
        table->row_size += c->layout.kind == BITS ? 1 : c->layout.width;
        if (c->layout.kind == VARIABLE && !append_word(&c->offsets, 0, c->layout.width)) {
            lh_table_finish(table, error);
            return out_of_memory(error, name);
        }
    }
    return true;
}

/* The number of no row: a table on which it is open takes no values. */
#define CLOSED UINT32_MAX

/* Remembers the first error of a row. Only the table's name is kept in between. */
__attribute__((format(printf, 4, 5))) COLD void refuse_value(lh_table *table, size_t column,
                                                               const char *code, const char *format, ...) {
    if (table->failed) return;
    table->failed = true;
    table->open = CLOSED;
    lh_error *error = &table->error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    set_text(error->code, sizeof error->code, code, strlen(code));
    error->column[0] = 0;
    if (column < table->column_count) {
        const char *name = table->columns[column].name;
        set_text(error->column, sizeof error->column, name, strlen(name));
    }
    error->row = (int64_t)(table->sent + table->rows);
}

/* Says why a column takes no value. */
COLD void refuse_column(lh_table *table, size_t column) {
    if (table->refused) return;
    if (column >= table->column_count)
        refuse_value(table, column, "unknown-column", "there is no column %zu", column);
    else
        refuse_value(table, column, "invalid-value", "the column has a value in this row already");
}

/* The column for a value of this row, NULL if it takes none. */
HOT struct lh_builder *open_column(lh_table *table, size_t column) {
    if (column < table->column_count) {
        struct lh_builder *c = &table->builders[column];
        if (c->length == table->open) return c;
    }
    refuse_column(table, column);
    return NULL;
}

HOT void close_value(lh_table *table, size_t column, bool appended) {
    struct lh_builder *c = &table->builders[column];
    if (appended && c->nulls) appended = append_bit(&c->validity, c->length, true);
    if (!appended) {
        refuse_value(table, column, "too-large", "there is no memory left");
        return;
    }
    c->length++;
}

COLD void misplaced(lh_table *table, size_t column, const char *what) {
    refuse_value(table, column, "type-mismatch", "%s has no place in a column of type %s", what,
                 table->columns[column].type);
}

HOT bool append_variable(struct lh_builder *c, const void *bytes, size_t size) {
    if (!append_short(&c->data, bytes, size)) return false;
    return append_word(&c->offsets, c->data.size, c->layout.width);
}

/* What stands in the place of a null. */
static bool append_placeholder(struct lh_builder *c) {
    if (c->layout.kind == BITS) return append_bit(&c->data, c->length, false);
    if (c->layout.kind == VARIABLE) return append_variable(c, NULL, 0);
    if (c->layout.width <= sizeof(uint64_t)) return append_word(&c->data, 0, c->layout.width);
    uint8_t *end = extend(&c->data, c->layout.width);
    if (end) memset(end, 0, c->layout.width);
    return end;
}

/* All values so far are there. */
COLD bool start_validity(struct lh_builder *c) {
    c->validity.size = 0;
    for (uint32_t i = 0; i < c->length; i++)
        if (!append_bit(&c->validity, i, true)) return false;
    c->nulls = true;
    return true;
}

static void append_null(lh_table *table, size_t column) {
    struct lh_builder *c = &table->builders[column];
    if (!table->columns[column].nullable) {
        refuse_value(table, column, "null-in-required-column",
                     "the column is required and has no value here");
        return;
    }
    if (c->layout.kind == NESTED) {
        misplaced(table, column, "a single null");
        return;
    }
    if ((!c->nulls && !start_validity(c)) || !append_placeholder(c) ||
        !append_bit(&c->validity, c->length, false)) {
        refuse_value(table, column, "too-large", "there is no memory left");
        return;
    }
    c->length++;
}

void lh_null(lh_table *table, size_t column) {
    if (open_column(table, column)) append_null(table, column);
}

void lh_bool(lh_table *table, size_t column, bool value) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind != BITS) {
        misplaced(table, column, "a bool");
        return;
    }
    close_value(table, column, append_bit(&c->data, c->length, value));
}

void lh_int(lh_table *table, size_t column, int64_t value) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind == SIGNED && c->layout.width == sizeof value) {
        close_value(table, column, append_word(&c->data, (uint64_t)value, sizeof value));
        return;
    }
    if (c->layout.kind == UNSIGNED && value >= 0) {
        lh_uint(table, column, (uint64_t)value);
        return;
    }
    if (c->layout.kind != SIGNED && c->layout.kind != UNSIGNED) {
        misplaced(table, column, "a whole number");
        return;
    }
    int64_t most = INT64_MAX >> (64 - 8 * c->layout.width);
    if (c->layout.kind == UNSIGNED || value > most || value < -most - 1) {
        refuse_value(table, column, "invalid-value", "%lld does not fit %s", (long long)value,
                     table->columns[column].type);
        return;
    }
    close_value(table, column, append_word(&c->data, (uint64_t)value, c->layout.width));
}

void lh_uint(lh_table *table, size_t column, uint64_t value) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind == SIGNED && value <= INT64_MAX) {
        lh_int(table, column, (int64_t)value);
        return;
    }
    if (c->layout.kind != SIGNED && c->layout.kind != UNSIGNED) {
        misplaced(table, column, "a whole number");
        return;
    }
    if (c->layout.kind == SIGNED || value > UINT64_MAX >> (64 - 8 * c->layout.width)) {
        refuse_value(table, column, "invalid-value", "%llu does not fit %s", (unsigned long long)value,
                     table->columns[column].type);
        return;
    }
    close_value(table, column, append_word(&c->data, value, c->layout.width));
}

/* The nearest number of 16 bits, of two equally near ones the even. */
static uint16_t to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    int exponent = (int)(bits >> 23 & 0xff) - 127;
    uint32_t mantissa = (bits & 0x7fffff) | 0x800000;
    if (exponent == 128 && mantissa != 0x800000) return sign | 0x7e00;
    if (exponent > 15) return sign | 0x7c00;
    if (exponent < -25) return sign;
    int shift = exponent < -14 ? 13 - 14 - exponent : 13;
    uint32_t result = exponent < -14 ? 0 : (uint32_t)(exponent + 14) << 10;
    result += mantissa >> shift;
    uint32_t rest = mantissa & ((1u << shift) - 1), half = 1u << (shift - 1);
    if (rest > half || (rest == half && result % 2)) result++; /* into the exponent, if need be */
    return sign | (uint16_t)result;
}

void lh_float(lh_table *table, size_t column, double value) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind != FLOAT) {
        misplaced(table, column, "a floating-point number");
        return;
    }
    size_t width = c->layout.width;
    uint64_t word;
    if (width == sizeof value) {
        memcpy(&word, &value, sizeof value);
        close_value(table, column, append_word(&c->data, word, sizeof word));
        return;
    }
    float single = (float)value;
    uint16_t half = width == 2 ? to_half(single) : 0;
    bool lost = (width == 2 && (half & 0x7fff) == 0x7c00) || isinf(single);
    if (lost && !isinf(value)) {
        refuse_value(table, column, "invalid-value", "%g does not fit %s", value,
                     table->columns[column].type);
        return;
    }
    word = half;
    if (width == 4) memcpy(&word, &single, sizeof single);
    close_value(table, column, append_word(&c->data, word, width));
}

void lh_bytes(lh_table *table, size_t column, const void *bytes, size_t size) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind == RAW) {
        lh_raw(table, column, bytes, size);
        return;
    }
    if (c->layout.kind != VARIABLE) {
        misplaced(table, column, "a run of bytes");
        return;
    }
    table->size += size;
    close_value(table, column, append_variable(c, bytes, size));
}

void lh_string(lh_table *table, size_t column, const char *text) {
    lh_bytes(table, column, text, strlen(text));
}

static void append_fixed(lh_table *table, size_t column, const void *bytes, size_t size) {
    close_value(table, column, append(&table->builders[column].data, bytes, size));
}

static void append_vector(lh_table *table, size_t column, const void *items, size_t count, char item,
                          size_t item_width) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind != VECTOR || c->layout.item != item || c->layout.item_width != item_width) {
        misplaced(table, column, "a vector of this item");
    } else if (count * item_width != c->layout.width) {
        refuse_value(table, column, "dimension-mismatch", "the vector has %zu items instead of %zu", count,
                     c->layout.width / item_width);
    } else {
        append_fixed(table, column, items, c->layout.width);
    }
}

void lh_vector_f32(lh_table *table, size_t column, const float *items, size_t count) {
    append_vector(table, column, items, count, 'f', sizeof *items);
}

void lh_vector_f64(lh_table *table, size_t column, const double *items, size_t count) {
    append_vector(table, column, items, count, 'f', sizeof *items);
}

void lh_vector_i8(lh_table *table, size_t column, const int8_t *items, size_t count) {
    append_vector(table, column, items, count, 'i', sizeof *items);
}

void lh_vector_u8(lh_table *table, size_t column, const uint8_t *items, size_t count) {
    append_vector(table, column, items, count, 'u', sizeof *items);
}

void lh_raw(lh_table *table, size_t column, const void *bytes, size_t size) {
    struct lh_builder *c = open_column(table, column);
    if (!c) return;
    if (c->layout.kind == BITS || c->layout.kind == VARIABLE || c->layout.kind == NESTED) {
        misplaced(table, column, "a value of fixed width");
    } else if (size != c->layout.width) {
        refuse_value(table, column, "invalid-value", "the value has %zu bytes instead of %zu", size,
                     c->layout.width);
    } else {
        append_fixed(table, column, bytes, size);
    }
}

bool lh_row_end(lh_table *table, lh_error *error) {
    for (size_t i = 0; i < table->column_count; i++)
        if (table->builders[i].length == table->open) append_null(table, i);
    if (table->open == CLOSED) {
        *error = table->error;
        for (size_t i = 0; i < table->column_count; i++) truncate(&table->builders[i], table->rows);
        table->failed = false;
        if (!table->refused) table->open = table->rows;
        return false;
    }
    table->open = ++table->rows;
    table->size += table->row_size;
    /* Smaller batches cost more calls, larger ones leave the processor's cache on their way. */
    return table->size < 1 << 20 || lh_table_flush(table, error);
}

/* A batch that the host has refused is lost, and a run that went on without it would delete its rows:
 * every further call fails in the same way. */
static bool take_rows(lh_table *table, const abi_result *result, uint64_t rows, lh_error *error) {
    if (!take_result(result, error)) {
        table->refused = true;
        table->open = CLOSED;
        table->error = *error;
        return false;
    }
    table->sent += rows;
    return true;
}

bool lh_table_flush(lh_table *table, lh_error *error) {
    if (table->refused) {
        *error = table->error;
        return false;
    }
    if (table->rows == 0) return true;
    /* The records of all columns have to lie in one place. */
    size_t size = table->column_count * sizeof(abi_column);
    abi_column *columns = lh_allocate(NULL, 0, size);
    if (!columns) return out_of_memory(error, table->error.table);
    for (size_t i = 0; i < table->column_count; i++) {
        struct lh_builder *c = &table->builders[i];
        bool variable = c->layout.kind == VARIABLE;
        c->lists[0] = (abi_list){c->offsets.at, c->offsets.size};
        c->lists[variable] = (abi_list){c->data.at, c->data.size};
        columns[i] = (abi_column){.length = c->length, .has_validity = c->nulls,
                                  .validity = {c->validity.at, c->validity.size},
                                  .buffers = {c->lists, variable ? 2 : 1}};
    }
    abi_result result = {0};
    host_declare_rows(table->handle, columns, table->column_count, &result);
    lh_allocate(columns, size, 0);
    uint32_t rows = table->rows;
    table->rows = table->open = 0;
    table->size = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        truncate(&table->builders[i], 0);
        table->builders[i].nulls = false;
    }
    return take_rows(table, &result, rows, error);
}

bool lh_declare_parts(lh_table *table, const lh_part *parts, size_t count, lh_error *error) {
    if (!lh_table_flush(table, error)) return false;
    size_t size = count * (sizeof(abi_column) + sizeof(abi_list[2]));
    abi_column *columns = lh_allocate(NULL, 0, size + 1);
    if (!columns) return out_of_memory(error, table->error.table);
    abi_list *lists = (abi_list *)(columns + count);
    for (size_t i = 0; i < count; i++) {
        const lh_part *part = &parts[i];
        size_t buffers = part->buffer_count < 2 ? part->buffer_count : 2;
        for (size_t b = 0; b < buffers; b++)
            lists[2 * i + b] = (abi_list){part->buffers[b], part->buffer_sizes[b]};
        columns[i] = (abi_column){.length = part->length, .has_validity = part->validity != NULL,
                                  .validity = {part->validity, part->validity_size},
                                  .buffers = {lists + 2 * i, buffers}};
    }
    abi_result result = {0};
    host_declare_rows(table->handle, columns, count, &result);
    lh_allocate(columns, size + 1, 0);
    return take_rows(table, &result, count ? parts[0].length : 0, error);
}

bool lh_index(lh_table *table, const char *column, const char *kind, const lh_setting *settings,
              lh_error *error) {
    abi_setting lowered[LH_MAX_SETTINGS];
    size_t count = count_settings(settings);
    lower_settings(lowered, settings, count);
    abi_result result = {0};
    host_declare_index(table->handle, column, strlen(column), kind, strlen(kind), lowered, count, &result);
    return take_result(&result, error);
}

bool lh_table_finish(lh_table *table, lh_error *error) {
    if (!table->builders) return true;
    bool sent = lh_table_flush(table, error);
    for (size_t i = 0; i < table->column_count; i++) {
        release(&table->builders[i].validity);
        release(&table->builders[i].data);
        release(&table->builders[i].offsets);
    }
    lh_allocate(table->builders, table->column_count * sizeof *table->builders + 1, 0);
    table->builders = NULL;
    unfinished--;
    return sent;
}

/* ---- The run ---- */

const char *lh_param(const lh_params *params, const char *name) {
    for (size_t i = params->count; i-- > 0;)
        if (strcmp(params->items[i].name, name) == 0) return params->items[i].value;
    return NULL;
}

static struct {
    bool failed;
    abi_list message;
} outcome;
#ifdef __wasm__
_Static_assert(sizeof outcome == 12, "as in the canonical ABI");
#endif

/* The message with its place, as every SDK tells it. */
static void tell(const lh_error *error) {
    static char text[sizeof(lh_error) + 64];
    char *end = text + sizeof text;
    char *at = text + snprintf(text, sizeof text, "%s", error->message);
    const char *separator = " (";
    if (*error->table) {
        at += snprintf(at, (size_t)(end - at), "%stable %s", separator, error->table);
        separator = ", ";
    }
    if (*error->column) {
        at += snprintf(at, (size_t)(end - at), "%scolumn %s", separator, error->column);
        separator = ", ";
    }
    if (error->row >= 0) {
        at += snprintf(at, (size_t)(end - at), "%srow %lld", separator, (long long)error->row);
        separator = ", ";
    }
    if (separator[0] == ',') snprintf(at, (size_t)(end - at), ")");
    outcome.failed = true;
    outcome.message = text_of(text);
}

/* A copy that ends in 0. The parameters live as long as the run, which is as long as the program. */
static const char *copy(abi_list text) {
    char *copied = malloc(text.count + 1);
    if (!copied) abort();
    if (text.count) memcpy(copied, text.at, text.count);
    copied[text.count] = 0;
    drop(text);
    return copied;
}

EXPORT("run")
void *lh_export_run(const abi_setting *given, size_t count) {
    lh_setting *items = calloc(count + 1, sizeof *items);
    if (!items) abort();
    for (size_t i = 0; i < count; i++) items[i] = (lh_setting){copy(given[i].name), copy(given[i].value)};
    lh_error error;
    clear_error(&error);
    if (!lh_run(&(lh_params){items, count}, &error)) {
        tell(&error);
    } else if (unfinished > 0) {
        clear_error(&error);
        refuse(&error, "internal", "the table was not finished: call lh_table_finish");
        memcpy(error.table, unfinished_name, sizeof error.table);
        tell(&error);
    }
    return &outcome;
}
