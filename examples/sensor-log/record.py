"""Writes the log that a weather station would have written, from the daily weather of a city.

    python3 record.py seattle-weather.csv weather.log
"""

import binascii
import csv
import struct
import sys
from datetime import datetime, timezone

SENSORS = ["precipitation", "temp_max", "temp_min", "wind"]
SYNC = 0x5AA5


def frame(sensor: int, seconds: int, tenths: int) -> bytes:
    """Twelve bytes, little-endian: sync, sensor, flags, time, value, checksum."""
    head = struct.pack("<HBBIh", SYNC, sensor, 0, seconds, tenths)
    return head + struct.pack("<H", binascii.crc_hqx(head, 0xFFFF))


def main(source: str, target: str) -> None:
    with open(source, newline="") as file, open(target, "wb") as log:
        for day in csv.DictReader(file):
            moment = datetime.strptime(day["date"], "%Y/%m/%d").replace(tzinfo=timezone.utc)
            for number, sensor in enumerate(SENSORS):
                log.write(frame(number, int(moment.timestamp()), round(float(day[sensor]) * 10)))


if __name__ == "__main__":
    main(*sys.argv[1:])
