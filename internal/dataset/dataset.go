// Package dataset is the one table of Coresignal's employee datasets. The path segments changed four times in four
// years (linkedin/member, professional_network/member, professional_network/employee, employee_base): they are data here
// and nowhere else.
package dataset

import (
	"net/http"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// Dataset says where the endpoints of a dataset are, and what they cost.
type Dataset struct {
	// Name is the dataset's name in Go: the field of a service.
	Name string
	// Provider says whose credential and limits are used.
	Provider api.Provider
	// Records is the path of search and collect.
	Records string
	// Subscriptions is the path under which subscriptions are created.
	Subscriptions string
	// SubscriptionManagement is the path under which the subscriptions of all datasets of the provider are managed.
	SubscriptionManagement string
	// Jobs is the path under which bulk data requests are made.
	Jobs string
	// JobFiles is the path under which the files of a data request are.
	JobFiles string
	// CollectCost is the price of one record in credits.
	CollectCost int64
	// SearchPaid says that a search costs a credit.
	SearchPaid bool
	// IDFile says that lists of IDs are uploaded as a file; otherwise they are sent as JSON.
	IDFile bool
	// Source is where the provider describes it.
	Source string
}

var (
	// V1 is the dataset of the first API version, as document 000 has it.
	V1 = Dataset{
		Name:                   "V1",
		Provider:               api.CoresignalV1,
		Records:                "/cdapi/v1/professional_network/employee",
		Subscriptions:          "/cdapi/v1/subscriptions/professional_network/employee",
		SubscriptionManagement: "/cdapi/v1/subscriptions",
		Jobs:                   "/cdapi/v1/professional_network/employee/bulk_collect",
		JobFiles:               "/cdapi/v1/bulk_collect",
		CollectCost:            1,
		SearchPaid:             true,
		IDFile:                 true,
		Source:                 "docs.coresignal.com/api/employee-api-webhooks",
	}
	// Base is the Base employee dataset of the current API.
	Base = Dataset{
		Name:                   "Base",
		Provider:               api.Coresignal,
		Records:                "/cdapi/v2/employee_base",
		Subscriptions:          "/cdapi/v2/subscriptions/employee_base",
		SubscriptionManagement: "/cdapi/v2/subscriptions",
		Jobs:                   "/cdapi/v2/data_requests/employee_base",
		JobFiles:               "/cdapi/v2/data_requests",
		CollectCost:            10,
		Source:                 "docs.coresignal.com/employee-api/base-employee-api",
	}
)

// Limit classes of the calls to Coresignal.
const (
	ClassSearch        = "search"
	ClassCollect       = "collect"
	ClassBulk          = "bulk"
	ClassSubscriptions = "subscriptions"
	ClassSimulate      = "simulate"
)

// Op begins the description of an endpoint of the dataset. The verb is the Go method, below the dataset's field of a
// service such as "employee" (client.Employees).
func (d *Dataset) Op(service, verb, method, route string) api.Op {
	return api.Op{
		Name:     service + "." + d.Name + "." + verb,
		Provider: d.Provider,
		Method:   method,
		Route:    route,
		Call:     "client." + clientField(service) + "." + d.Name + "." + verb,
		Source:   d.Source,
	}
}

func clientField(service string) string {
	switch service {
	case "employee":
		return "Employees"
	case "bulkcollect":
		return "BulkCollect"
	}
	return strings.ToUpper(service[:1]) + service[1:]
}

// Get and Post spell out the methods, so that tables of Ops read well.
const (
	Get    = http.MethodGet
	Post   = http.MethodPost
	Delete = http.MethodDelete
)
