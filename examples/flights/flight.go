package main

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A Flight is a departure. No airline gives two of a day, from the same airport, the same number.
type Flight struct {
	Date        time.Time `lance:"date,key,type=date32"`
	Carrier     string    `lance:"carrier,key"`
	Number      int16     `lance:"flight,key"`
	Origin      string    `lance:"origin,key"`
	Destination string    `lance:"destination"`
	// Scheduled is to the hour.
	Scheduled time.Time `lance:"scheduled,type=timestamp(s, UTC)"`
	// Tail is the aircraft, if it is known.
	Tail *string `lance:"tail"`
	// DepartureDelay is in minutes, negative for an early departure and null for none: the flight
	// was cancelled.
	DepartureDelay *int16 `lance:"departure_delay"`
	ArrivalDelay   *int16 `lance:"arrival_delay"`
	AirMinutes     *int16 `lance:"air_minutes"`
	Miles          int16  `lance:"miles"`
}

// openCSV opens the one file of an archive.
func openCSV(path string) (io.ReadCloser, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	if len(archive.File) != 1 {
		return nil, fmt.Errorf("%s has %d files instead of one", path, len(archive.File))
	}
	return archive.File[0].Open()
}

// records reads flights from CSV.
type records struct {
	reader  *csv.Reader
	columns map[string]int
	fields  []string
	// err is the first field of a record that cannot be read.
	err error
}

func newRecords(file io.Reader) (*records, error) {
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return nil, err
	}
	columns := map[string]int{}
	for i, name := range header {
		columns[name] = i
	}
	return &records{reader: reader, columns: columns}, nil
}

// line is where the last record was.
func (r *records) line() int {
	line, _ := r.reader.FieldPos(0)
	return line
}

func (r *records) next() (Flight, error) {
	var err error
	if r.fields, err = r.reader.Read(); err != nil {
		return Flight{}, err
	}
	r.err = nil
	date := time.Date(int(r.number("year")), time.Month(r.number("month")), int(r.number("day")), 0, 0, 0, 0, time.UTC)
	flight := Flight{
		Date:           date,
		Carrier:        r.text("carrier"),
		Number:         r.number("flight"),
		Origin:         r.text("origin"),
		Destination:    r.text("dest"),
		Scheduled:      r.moment("time_hour"),
		DepartureDelay: r.optional("dep_delay"),
		ArrivalDelay:   r.optional("arr_delay"),
		AirMinutes:     r.optional("air_time"),
		Miles:          r.number("distance"),
	}
	if tail := r.text("tailnum"); tail != "" && tail != "NA" {
		flight.Tail = &tail
	}
	if r.err != nil {
		return Flight{}, fmt.Errorf("line %d: %w", r.line(), r.err)
	}
	return flight, nil
}

func (r *records) text(column string) string {
	at, ok := r.columns[column]
	if !ok {
		r.err = errors.Join(r.err, fmt.Errorf("there is no column %s", column))
		return ""
	}
	return r.fields[at]
}

func (r *records) number(column string) int16 {
	return r.parse(column, r.text(column))
}

// optional reads a number that may be missing.
func (r *records) optional(column string) *int16 {
	text := r.text(column)
	if text == "" || text == "NA" {
		return nil
	}
	number := r.parse(column, text)
	return &number
}

func (r *records) parse(column, text string) int16 {
	number, err := strconv.ParseInt(text, 10, 16)
	if err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("column %s: %w", column, err))
	}
	return int16(number)
}

func (r *records) moment(column string) time.Time {
	moment, err := time.Parse(time.RFC3339, r.text(column))
	if err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("column %s: %w", column, err))
	}
	return moment
}
