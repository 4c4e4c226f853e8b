/* Data pipelines for lance-host in C: tables and rows that should exist.
 *
 * A pipeline defines lh_run. In it, it declares tables, appends rows value by value, and finishes the
 * tables. The host compares what was declared with what is stored, and makes the database match once
 * lh_run has returned true; until then nothing is written.
 *
 *     bool lh_run(const lh_params *params, lh_error *error) {
 *         static const lh_column columns[] = {{"id", "int64"}, {"name", "utf8", .nullable = true}};
 *         lh_table table;
 *         if (!lh_table_declare(&table, &(lh_table_def){
 *                 .database = "default", .name = "people",
 *                 .columns = columns, .column_count = 2, .key = {"id"}}, error))
 *             return false;
 *         lh_int(&table, 0, 1);
 *         lh_string(&table, 1, "Ada");
 *         if (!lh_row_end(&table, error)) return false;
 *         return lh_table_finish(&table, error);
 *     }
 *
 * Memory. A table is a struct of the caller's. What grows with the rows, and nothing else, comes from
 * lh_allocate, which is realloc unless the pipeline sets another; about 1 MiB a table, more only for a
 * row that is larger. lh_table_finish gives it back. No function keeps a pointer that it is given, but
 * for the column definitions, which must live as long as their table. Errors are in fixed buffers. */

#ifndef LANCE_HOST_H
#define LANCE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LH_VERSION "0.1.0"

/* How many columns a composite key may have, and a definition settings. */
#define LH_MAX_KEY 8
#define LH_MAX_SETTINGS 32

/* What went wrong, and where. Texts that are too long are cut; those that do not apply are empty. */
typedef struct {
    char code[40];     /* stable, such as "dimension-mismatch"; the contract lists them */
    char message[768]; /* for people, without the place */
    char table[256];   /* DATABASE/TABLE */
    char column[128];
    int64_t row; /* among all rows declared for the table, from 0; -1 if no row is concerned */
} lh_error;

/* Makes an error of the pipeline's own, with a message as printf makes it. Returns false, so that
 * `return lh_fail(error, "…")` ends a function. */
bool lh_fail(lh_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct {
    const char *name, *value;
} lh_setting;

/* The parameters of a run, in the order given. They live as long as the run. */
typedef struct {
    const lh_setting *items;
    size_t count;
} lh_params;

/* The last value of a parameter, NULL if it was not given. */
const char *lh_param(const lh_params *params, const char *name);

/* The pipeline, defined by its author. If it returns false, the error is shown and nothing is
 * written. */
bool lh_run(const lh_params *params, lh_error *error);

/* A column. Its type is written as in the contract, such as "int32" or "vector(float32, 384)". */
typedef struct {
    const char *name;
    const char *type;
    bool nullable;
} lh_column;

/* A table. What is left out of it is NULL or 0. */
typedef struct {
    const char *database; /* a name that the host knows, "default" if in doubt */
    const char *name;
    const lh_column *columns; /* live as long as the table */
    size_t column_count;
    const char *key[LH_MAX_KEY];           /* columns that identify a row, ended by NULL */
    lh_setting settings[LH_MAX_SETTINGS]; /* such as {"managed-by", "user"}, ended by NULL */
} lh_table_def;

/* A table that was declared. Its members are not for the pipeline. */
typedef struct lh_table {
    const lh_column *columns;
    size_t column_count;
    struct lh_builder *builders;
    uint32_t handle;
    uint32_t rows; /* of this batch */
    uint32_t open; /* the row that takes values */
    uint64_t sent; /* rows before this batch */
    size_t size;   /* bytes of this batch */
    size_t row_size; /* bytes of a row but for texts */
    bool failed;   /* the row that is being appended is refused */
    bool refused;  /* the host has refused a batch */
    lh_error error;
} lh_table;

/* Declares a table. On an error there is nothing to finish. */
bool lh_table_declare(lh_table *table, const lh_table_def *def, lh_error *error);

/* Appends a value to a column, by the column's number. A value that does not fit refuses its row, and
 * lh_row_end tells. What the bytes, texts and vectors point to is copied. */
void lh_null(lh_table *table, size_t column);
void lh_bool(lh_table *table, size_t column, bool value);
/* Whole numbers, and the counts in dates, times, timestamps and durations. */
void lh_int(lh_table *table, size_t column, int64_t value);
void lh_uint(lh_table *table, size_t column, uint64_t value);
/* float16, float32 and float64: rounded, but not to infinity. */
void lh_float(lh_table *table, size_t column, double value);
/* utf8, large-utf8, json, binary, large-binary, and fixed-size-binary of this size. */
void lh_bytes(lh_table *table, size_t column, const void *bytes, size_t size);
void lh_string(lh_table *table, size_t column, const char *text);
/* A vector of exactly this type of item. */
void lh_vector_f32(lh_table *table, size_t column, const float *items, size_t count);
void lh_vector_f64(lh_table *table, size_t column, const double *items, size_t count);
void lh_vector_i8(lh_table *table, size_t column, const int8_t *items, size_t count);
void lh_vector_u8(lh_table *table, size_t column, const uint8_t *items, size_t count);
/* The bytes of a value of any other fixed width, little-endian: decimals, vectors of float16. */
void lh_raw(lh_table *table, size_t column, const void *bytes, size_t size);

/* Ends a row, and sends the batch when it is full. A nullable column without a value is null. On an
 * error of the row's own nothing of it is left, and the table takes further rows. */
bool lh_row_end(lh_table *table, lh_error *error);

/* A part of a column in the Arrow columnar format, without padding. */
typedef struct {
    uint32_t length;
    const void *validity; /* a bit a value, least significant first; NULL if there are no nulls */
    size_t validity_size;
    const void *buffers[2];
    size_t buffer_sizes[2];
    size_t buffer_count;
} lh_part;

/* Declares rows whose columns the pipeline has in the Arrow format already, among them those of nested
 * types: a part for each column, and behind it those of its children, depth first. */
bool lh_declare_parts(lh_table *table, const lh_part *parts, size_t count, lh_error *error);

/* Declares an index of a kind such as "btree", with settings that are ended by a NULL name, or NULL. */
bool lh_index(lh_table *table, const char *column, const char *kind, const lh_setting *settings,
              lh_error *error);

/* Sends the rows so far. There is rarely a need. */
bool lh_table_flush(lh_table *table, lh_error *error);

/* Sends what is left and gives the memory back, on an error too. A run that ends well although a table
 * was not finished fails: its last rows would be missing. */
bool lh_table_finish(lh_table *table, lh_error *error);

/* Where memory comes from: as realloc, NULL if there is none; a size of 0 frees. Set it before the
 * first table, if at all. */
extern void *(*lh_allocate)(void *block, size_t old_size, size_t new_size);

#ifdef __cplusplus
}
#endif
#endif
