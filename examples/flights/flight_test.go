package main

import (
	"io"
	"strings"
	"testing"
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

func TestFieldThatIsNoNumberIsNamedWithItsLine(t *testing.T) {
	_, err := read(t, "2013,1,1,2,late,UA,1545,N14228,EWR,IAH,227,1400,2013-01-01T10:00:00Z\n")
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: column arr_delay: ") {
		t.Error(err)
	}
}
