package employee

// MultiSourceSalaries is what the provider projects for the present position. Nobody was asked; a record may have
// none.
type MultiSourceSalaries struct {
	// ProjectedBaseSalaryP25 is the 25th percentile of the base salary.
	ProjectedBaseSalaryP25 Decimal `json:"projected_base_salary_p25"`
	// ProjectedBaseSalaryMedian is the median of the base salary.
	ProjectedBaseSalaryMedian Decimal `json:"projected_base_salary_median"`
	// ProjectedBaseSalaryP75 is the 75th percentile of the base salary.
	ProjectedBaseSalaryP75 Decimal `json:"projected_base_salary_p75"`
	// ProjectedBaseSalaryPeriod is what the base salary is for, such as "ANNUAL".
	ProjectedBaseSalaryPeriod string `json:"projected_base_salary_period"`
	// ProjectedBaseSalaryCurrency is the currency of the base salary, such as "USD".
	ProjectedBaseSalaryCurrency string `json:"projected_base_salary_currency"`
	// ProjectedBaseSalaryUpdatedAt is the day of the projection.
	ProjectedBaseSalaryUpdatedAt Timestamp `json:"projected_base_salary_updated_at"`
	// ProjectedAdditionalSalary is what is paid besides the base salary.
	ProjectedAdditionalSalary []MultiSourceAdditionalSalary `json:"projected_additional_salary"`
	// ProjectedAdditionalSalaryPeriod is what the additional salary is for, such as "ANNUAL".
	ProjectedAdditionalSalaryPeriod string `json:"projected_additional_salary_period"`
	// ProjectedAdditionalSalaryCurrency is the currency of the additional salary, such as "USD".
	ProjectedAdditionalSalaryCurrency string `json:"projected_additional_salary_currency"`
	// ProjectedAdditionalSalaryUpdatedAt is the day of the projection.
	ProjectedAdditionalSalaryUpdatedAt Timestamp `json:"projected_additional_salary_updated_at"`
	// ProjectedTotalSalaryP25 is the 25th percentile of the total salary.
	ProjectedTotalSalaryP25 Decimal `json:"projected_total_salary_p25"`
	// ProjectedTotalSalaryMedian is the median of the total salary.
	ProjectedTotalSalaryMedian Decimal `json:"projected_total_salary_median"`
	// ProjectedTotalSalaryP75 is the 75th percentile of the total salary.
	ProjectedTotalSalaryP75 Decimal `json:"projected_total_salary_p75"`
	// ProjectedTotalSalaryPeriod is what the total salary is for, such as "ANNUAL".
	ProjectedTotalSalaryPeriod string `json:"projected_total_salary_period"`
	// ProjectedTotalSalaryCurrency is the currency of the total salary, such as "USD".
	ProjectedTotalSalaryCurrency string `json:"projected_total_salary_currency"`
	// ProjectedTotalSalaryUpdatedAt is the day of the projection.
	ProjectedTotalSalaryUpdatedAt Timestamp `json:"projected_total_salary_updated_at"`
}

// MultiSourceAdditionalSalary is a kind of pay besides the base salary.
type MultiSourceAdditionalSalary struct {
	// Type is the kind, such as "Cash Bonus".
	Type string `json:"projected_additional_salary_type"`
	// P25 is its 25th percentile.
	P25 Decimal `json:"projected_additional_salary_p25"`
	// Median is its median.
	Median Decimal `json:"projected_additional_salary_median"`
	// P75 is its 75th percentile.
	P75 Decimal `json:"projected_additional_salary_p75"`
}
