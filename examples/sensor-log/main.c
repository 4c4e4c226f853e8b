/* Makes tables of a weather station's log: one of every reading, and one of every sensor. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "lance_host.h"

static const struct {
    const char *name, *unit;
} sensors[SENSOR_COUNT] = {
    {"precipitation", "mm"}, {"temp_max", "°C"}, {"temp_min", "°C"}, {"wind", "m/s"}};

static const lh_column reading_columns[] = {
    {.name = "sensor", .type = "utf8"},
    {.name = "time", .type = "timestamp(s, UTC)"},
    {.name = "value", .type = "float32"},
};

static const lh_column sensor_columns[] = {
    {.name = "sensor", .type = "utf8"},
    {.name = "unit", .type = "utf8"},
    {.name = "readings", .type = "uint32"},
    /* Null if it has measured nothing. */
    {.name = "smallest", .type = "float32", .nullable = true},
    {.name = "largest", .type = "float32", .nullable = true},
    {.name = "mean", .type = "float64", .nullable = true},
};

/* What a sensor measured altogether, in tenths. */
typedef struct {
    uint32_t readings;
    int16_t smallest, largest;
    int64_t sum;
} summary;

/* Reads a whole file; the caller frees it. */
static uint8_t *read_file(const char *path, size_t *size, lh_error *error) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        lh_fail(error, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    uint8_t *bytes = NULL;
    size_t room = 0;
    for (*size = 0;;) {
        if (*size == room) {
            room = room ? 2 * room : 1 << 16;
            uint8_t *grown = realloc(bytes, room);
            if (!grown) {
                lh_fail(error, "%s is larger than the memory", path);
                break;
            }
            bytes = grown;
        }
        size_t more = fread(bytes + *size, 1, room - *size, file);
        *size += more;
        if (more == 0) {
            bool whole = !ferror(file);
            fclose(file);
            if (whole) return bytes;
            lh_fail(error, "cannot read %s to its end", path);
            free(bytes);
            return NULL;
        }
    }
    fclose(file);
    free(bytes);
    return NULL;
}

static void add(summary *to, int16_t tenths) {
    if (to->readings == 0 || tenths < to->smallest) to->smallest = tenths;
    if (to->readings == 0 || tenths > to->largest) to->largest = tenths;
    to->sum += tenths;
    to->readings++;
}

/* Declares every reading. Bytes that are no frame are skipped to the next one. */
static bool declare_readings(lh_table *table, const uint8_t *log, size_t size, summary *sums, lh_error *error) {
    size_t skipped = 0;
    for (size_t at = 0; at < size;) {
        reading read;
        if (!frame_read(log + at, size - at, &read)) {
            at++;
            skipped++;
            continue;
        }
        at += FRAME_SIZE;
        lh_string(table, 0, sensors[read.sensor].name);
        lh_int(table, 1, read.seconds);
        lh_float(table, 2, read.tenths / 10.0);
        if (!lh_row_end(table, error)) return false;
        add(&sums[read.sensor], read.tenths);
    }
    if (skipped > 0) printf("%zu of %zu bytes are damaged and were skipped\n", skipped, size);
    /* The readings that are missing would be deleted: a log that is mostly damaged is not the truth. */
    if (skipped > size / 100) return lh_fail(error, "more than one in a hundred bytes of the log is damaged");
    return true;
}

static bool declare_sensors(lh_table *table, const summary *sums, lh_error *error) {
    for (size_t i = 0; i < SENSOR_COUNT; i++) {
        lh_string(table, 0, sensors[i].name);
        lh_string(table, 1, sensors[i].unit);
        lh_uint(table, 2, sums[i].readings);
        if (sums[i].readings > 0) {
            lh_float(table, 3, sums[i].smallest / 10.0);
            lh_float(table, 4, sums[i].largest / 10.0);
            lh_float(table, 5, (double)sums[i].sum / sums[i].readings / 10);
        }
        if (!lh_row_end(table, error)) return false;
    }
    return true;
}

bool lh_run(const lh_params *params, lh_error *error) {
    const char *path = lh_param(params, "file");
    size_t size;
    uint8_t *log = read_file(path ? path : "/data/weather.log", &size, error);
    if (!log) return false;

    summary sums[SENSOR_COUNT] = {0};
    lh_table table;
    bool ok = lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "readings",
                                                       .columns = reading_columns, .column_count = 3,
                                                       .key = {"sensor", "time"}}, error) &&
              lh_index(&table, "time", "btree", NULL, error) &&
              declare_readings(&table, log, size, sums, error) && lh_table_finish(&table, error);
    free(log);
    return ok &&
           lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "sensors",
                                                    .columns = sensor_columns, .column_count = 6,
                                                    .key = {"sensor"}}, error) &&
           declare_sensors(&table, sums, error) && lh_table_finish(&table, error);
}
