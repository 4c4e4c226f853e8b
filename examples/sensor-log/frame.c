#include "frame.h"

static uint16_t u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* CRC-16/IBM-3740: polynomial 0x1021 from 0xffff. */
static uint16_t checksum(const uint8_t *bytes, size_t size) {
    uint16_t sum = 0xffff;
    for (size_t i = 0; i < size; i++) {
        sum ^= (uint16_t)(bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++) sum = (uint16_t)(sum & 0x8000 ? sum << 1 ^ 0x1021 : sum << 1);
    }
    return sum;
}

bool frame_read(const uint8_t *bytes, size_t size, reading *read) {
    if (size < FRAME_SIZE || u16(bytes) != 0x5aa5) return false;
    if (u16(bytes + 10) != checksum(bytes, 10) || bytes[2] >= SENSOR_COUNT) return false;
    *read = (reading){
        .sensor = bytes[2],
        .seconds = u16(bytes + 4) | (uint32_t)u16(bytes + 6) << 16,
        .tenths = (int16_t)u16(bytes + 8),
    };
    return true;
}
