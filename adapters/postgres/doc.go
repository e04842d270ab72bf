// Package postgres keeps in PostgreSQL what several processes must agree on.
package postgres
