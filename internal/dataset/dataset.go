// Package dataset is the one table of Coresignal's employee datasets. The path segments changed four times in four
// years (linkedin/member, professional_network/member, professional_network/employee, employee_base): they are data here
// and nowhere else.
package dataset

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
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
	// ExperienceChanges is the path under which subscriptions to changes of positions are created, "" where there are none.
	ExperienceChanges string
	// Jobs is the path under which bulk data requests are made.
	Jobs string
	// JobFiles is the path under which the files of a data request are.
	JobFiles string
	// CollectCost is the price of one record in credits.
	CollectCost int64
	// PreviewCost is the price of one page of a preview in credits.
	PreviewCost int64
	// SearchPaid says that a search costs a credit.
	SearchPaid bool
	// SubscribeByFile says that subscriptions take IDs as an uploaded file; otherwise as JSON.
	SubscribeByFile bool
	// RequestByFile says that jobs take IDs as an uploaded file; otherwise as JSON.
	RequestByFile bool
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
		SubscribeByFile:        true,
		RequestByFile:          true,
		Source:                 "docs.coresignal.com/api/employee-api-webhooks",
	}
	// Base is the Base employee dataset of the current API.
	Base = Dataset{
		Name:                   "Base",
		Provider:               api.Coresignal,
		Records:                "/cdapi/v2/employee_base",
		Subscriptions:          "/cdapi/v2/subscriptions/employee_base",
		SubscriptionManagement: "/cdapi/v2/subscriptions",
		ExperienceChanges:      "/cdapi/v2/subscriptions/experience_changes/employee_base",
		Jobs:                   "/cdapi/v2/data_requests/employee_base",
		JobFiles:               "/cdapi/v2/data_requests",
		CollectCost:            10,
		PreviewCost:            10,
		Source:                 "docs.coresignal.com/employee-api/base-employee-api",
	}
	// Clean is the Clean employee dataset. Its jobs take an ID file, its subscriptions IDs as JSON.
	Clean = Dataset{
		Name:                   "Clean",
		Provider:               api.Coresignal,
		Records:                "/cdapi/v2/employee_clean",
		Subscriptions:          "/cdapi/v2/subscriptions/employee_clean",
		SubscriptionManagement: "/cdapi/v2/subscriptions",
		ExperienceChanges:      "/cdapi/v2/subscriptions/experience_changes/employee_clean",
		Jobs:                   "/cdapi/v2/data_requests/employee_clean",
		JobFiles:               "/cdapi/v2/data_requests",
		CollectCost:            10,
		PreviewCost:            10,
		RequestByFile:          true,
		Source:                 "docs.coresignal.com/legacy-data/clean-employee-api",
	}
	// MultiSource is the Multi-source employee dataset.
	MultiSource = Dataset{
		Name:                   "MultiSource",
		Provider:               api.Coresignal,
		Records:                "/cdapi/v2/employee_multi_source",
		Subscriptions:          "/cdapi/v2/subscriptions/employee_multi_source",
		SubscriptionManagement: "/cdapi/v2/subscriptions",
		ExperienceChanges:      "/cdapi/v2/subscriptions/experience_changes/employee_multi_source",
		Jobs:                   "/cdapi/v2/data_requests/employee_multi_source",
		JobFiles:               "/cdapi/v2/data_requests",
		CollectCost:            20,
		PreviewCost:            20,
		Source:                 "docs.coresignal.com/employee-api/multi-source-employee-api",
	}
)

// Limit classes of the calls to Coresignal.
const (
	ClassSearch        = "search"
	ClassCollect       = "collect"
	ClassBulk          = "bulk"
	ClassSubscriptions = "subscriptions"
	ClassSimulate      = "simulate"
	ClassRealTime      = "realtime"
)

// Op begins the description of an endpoint of the dataset. The verb is the Go method, below the dataset's field of a
// service such as "employee" (client.Employees).
func (d *Dataset) Op(service, verb, method, route string) wire.Op {
	return wire.Op{
		Name:     service + "." + d.Name + "." + verb,
		Provider: d.Provider,
		Method:   method,
		Route:    route,
		Source:   d.Source,
	}
}
