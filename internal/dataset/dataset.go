// Package dataset holds what several packages know of Coresignal's datasets: limit classes and prices.
package dataset

// Limit classes of the calls to Coresignal.
const (
	ClassSearch        = "search"
	ClassCollect       = "collect"
	ClassBulk          = "bulk"
	ClassSubscriptions = "subscriptions"
	ClassSimulate      = "simulate"
	ClassRealTime      = "realtime"
)

// Prices of one record in credits, as the provider lists them (2026). A page of a preview costs as much.
const (
	CostV1          = 1
	CostBase        = 10
	CostClean       = 10
	CostMultiSource = 20
)
