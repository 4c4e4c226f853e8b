/* The rows of `cargo xtask bench --guests` in C; xtask/bench/guests.py describes them. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lance_host.h"

#define DIMENSION 384

/* Keeps a row from being optimised away. */
#define KEEP(row) __asm__ volatile("" : : "r"(row) : "memory")

struct narrow {
    int64_t id;
    char name[32];
    size_t name_size;
    const char *city;
    double score;
    int64_t visits;
    bool active;
    bool has_rating;
    double rating;
    const char *note;
};

static const char *const cities[] = {"Aachen", "Bern", "Celle", "Dresden", "Erfurt", "Fulda", "Gera", "Hanau"};

/* "person " and the number. */
static size_t write_name(char *name, int64_t id) {
    char digits[20];
    size_t count = 0;
    do digits[count++] = (char)('0' + id % 10); while ((id /= 10) > 0);
    memcpy(name, "person ", 7);
    for (size_t i = 0; i < count; i++) name[7 + i] = digits[count - 1 - i];
    return 7 + count;
}

static bool narrow(int64_t rows, bool declared, lh_error *error) {
    static const lh_column columns[] = {
        {.name = "id", .type = "int64"},
        {.name = "name", .type = "utf8"},
        {.name = "city", .type = "utf8"},
        {.name = "score", .type = "float64"},
        {.name = "visits", .type = "int64"},
        {.name = "active", .type = "bool"},
        {.name = "rating", .type = "float64", .nullable = true},
        {.name = "note", .type = "utf8", .nullable = true},
    };
    lh_table table;
    lh_table_def def = {
        .database = "default", .name = "narrow", .columns = columns, .column_count = 8, .key = {"id"}};
    if (declared && !lh_table_declare(&table, &def, error)) return false;
    bool ok = true;
    for (int64_t id = 0; ok && id < rows; id++) {
        struct narrow row = {
            .id = id,
            .city = cities[id % 8],
            .score = (double)id / 4,
            .visits = id * 7 % 1000,
            .active = id % 2 == 0,
            .has_rating = id % 3 != 0,
            .rating = (double)id / 8,
            .note = id % 4 == 0 ? "a note" : NULL,
        };
        row.name_size = write_name(row.name, id);
        KEEP(&row);
        if (!declared) continue;
        lh_int(&table, 0, row.id);
        lh_bytes(&table, 1, row.name, row.name_size);
        lh_string(&table, 2, row.city);
        lh_float(&table, 3, row.score);
        lh_int(&table, 4, row.visits);
        lh_bool(&table, 5, row.active);
        if (row.has_rating) lh_float(&table, 6, row.rating);
        if (row.note) lh_string(&table, 7, row.note);
        ok = lh_row_end(&table, error);
    }
    return ok && (!declared || lh_table_finish(&table, error));
}

static bool vectors(int64_t rows, bool declared, lh_error *error) {
    static const lh_column columns[] = {
        {.name = "id", .type = "int64"},
        {.name = "embedding", .type = "vector(float32, 384)"},
    };
    static float embedding[DIMENSION];
    for (size_t i = 0; i < DIMENSION; i++) embedding[i] = (float)i / 7;
    lh_table table;
    lh_table_def def = {
        .database = "default", .name = "vectors", .columns = columns, .column_count = 2, .key = {"id"}};
    if (declared && !lh_table_declare(&table, &def, error)) return false;
    bool ok = true;
    for (int64_t id = 0; ok && id < rows; id++) {
        embedding[0] = (float)id;
        KEEP(embedding);
        if (!declared) continue;
        lh_int(&table, 0, id);
        lh_vector_f32(&table, 1, embedding, DIMENSION);
        ok = lh_row_end(&table, error);
    }
    return ok && (!declared || lh_table_finish(&table, error));
}

bool lh_run(const lh_params *params, lh_error *error) {
    const char *rows = lh_param(params, "rows");
    const char *by = lh_param(params, "by");
    const char *shape = lh_param(params, "shape");
    if (!rows || !by || !shape) return lh_fail(error, "rows, by and shape are needed");
    bool declared = strcmp(by, "sdk") == 0;
    if (!declared && strcmp(by, "none") != 0) return lh_fail(error, "no way %s", by);
    if (strcmp(shape, "narrow") == 0) return narrow(atoll(rows), declared, error);
    if (strcmp(shape, "vectors") == 0) return vectors(atoll(rows), declared, error);
    return lh_fail(error, "no shape %s", shape);
}
