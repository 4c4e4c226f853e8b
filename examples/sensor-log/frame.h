/* The log of a weather station: frames of twelve bytes, little-endian. */

#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_SIZE = 12, SENSOR_COUNT = 4 };

/* What a sensor measured. */
typedef struct {
    uint8_t sensor;
    uint32_t seconds; /* since 1970 */
    int16_t tenths;   /* of the sensor's unit */
} reading;

/* Reads the frame at the start of these bytes. It is none if the sync or the checksum is wrong, or if
 * there is no such sensor. */
bool frame_read(const uint8_t *bytes, size_t size, reading *read);

#endif
