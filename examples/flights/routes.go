package main

import "lance-host.dev/lancehost"

// A Route is what an airline did between two airports.
type Route struct {
	Carrier     string `lance:"carrier,key"`
	Origin      string `lance:"origin,key"`
	Destination string `lance:"destination,key"`
	Flights     int32  `lance:"flights"`
	Cancelled   int32  `lance:"cancelled"`
	// MeanDelay is in minutes at arrival, null if no flight arrived.
	MeanDelay *float64 `lance:"mean_delay"`
}

type routeKey struct {
	carrier, origin, destination string
}

// routes sums up flights.
type routes map[routeKey]*sum

type sum struct {
	flights, cancelled, arrived, delay int32
}

func (r *routes) add(flight Flight) {
	if *r == nil {
		*r = routes{}
	}
	key := routeKey{flight.Carrier, flight.Origin, flight.Destination}
	s := (*r)[key]
	if s == nil {
		s = new(sum)
		(*r)[key] = s
	}
	s.flights++
	if flight.DepartureDelay == nil {
		s.cancelled++
	}
	if flight.ArrivalDelay != nil {
		s.arrived++
		s.delay += int32(*flight.ArrivalDelay)
	}
}

// declare declares the routes. Their order does not matter.
func (r routes) declare() error {
	table, err := lancehost.NewTable[Route]("default", "routes")
	if err != nil {
		return err
	}
	for key, s := range r {
		route := Route{
			Carrier:     key.carrier,
			Origin:      key.origin,
			Destination: key.destination,
			Flights:     s.flights,
			Cancelled:   s.cancelled,
		}
		if s.arrived > 0 {
			mean := float64(s.delay) / float64(s.arrived)
			route.MeanDelay = &mean
		}
		if err := table.Declare(route); err != nil {
			return err
		}
	}
	return nil
}
