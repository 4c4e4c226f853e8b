package main

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lance-host.dev/lancehost"
)

const header = "year,month,day,dep_delay,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,time_hour\n"

func read(t *testing.T, lines string) (flights []Flight, err error) {
	t.Helper()
	records, err := newRecords(strings.NewReader(header + lines))
	if err != nil {
		t.Fatal(err)
	}
	for {
		flight, err := records.next()
		if err == io.EOF {
			return flights, nil
		}
		if err != nil {
			return flights, err
		}
		flights = append(flights, flight)
	}
}

func TestCancelledFlightHasNoDelay(t *testing.T) {
	flights, err := read(t, "2013,1,1,2,-11,UA,1545,N14228,EWR,IAH,227,1400,2013-01-01T10:00:00Z\n"+
		"2013,1,1,,,AA,791,NA,LGA,DFW,,1389,2013-01-01T11:00:00Z\n")
	if err != nil {
		t.Fatal(err)
	}
	flown, cancelled := flights[0], flights[1]
	if *flown.DepartureDelay != 2 || *flown.ArrivalDelay != -11 || *flown.Tail != "N14228" {
		t.Error(flown)
	}
	if cancelled.DepartureDelay != nil || cancelled.ArrivalDelay != nil || cancelled.Tail != nil {
		t.Error(cancelled)
	}
	var sums routes
	sums.add(flown)
	sums.add(cancelled)
	if s := sums[routeKey{"AA", "LGA", "DFW"}]; s.cancelled != 1 || s.arrived != 0 {
		t.Error(s)
	}
}

func TestFlightsAndRoutesAreDeclared(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "flights.csv.zip")
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	zipped := zip.NewWriter(file)
	csv, err := zipped.Create("flights.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(csv, header+
		"2013,1,1,2,-11,UA,1545,N14228,EWR,IAH,227,1400,2013-01-01T10:00:00Z\n"+
		"2013,2,1,4,20,UA,1714,N24211,LGA,IAH,227,1416,2013-02-01T10:00:00Z\n")
	if err := errors.Join(err, zipped.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}

	var host lancehost.TestHost
	err = host.Run(run, lancehost.Setting{Name: "file", Value: archive}, lancehost.Setting{Name: "month", Value: "2"})
	if err != nil {
		t.Fatal(err)
	}
	flights, routes := host.Table("flights"), host.Table("routes")
	if len(flights.Rows) != 1 || flights.Rows[0]["flight"] != int64(1714) || len(flights.Indexes) != 2 {
		t.Error(flights.Rows, flights.Indexes)
	}
	if len(routes.Rows) != 1 || routes.Rows[0]["mean_delay"] != 20.0 {
		t.Error(routes.Rows)
	}
}

func TestFieldThatIsNoNumberIsNamedWithItsLine(t *testing.T) {
	_, err := read(t, "2013,1,1,2,late,UA,1545,N14228,EWR,IAH,227,1400,2013-01-01T10:00:00Z\n")
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: column arr_delay: ") {
		t.Error(err)
	}
}
