### Nextcloud Mail: Filters ### DON'T EDIT ###
require ["fileinto","imap4flags"];
### Nextcloud Mail: Filters ### DON'T EDIT ###
# FILTER: [{"name":"Tea \u2615","enable":true}]
if header :contains "Subject" ["tea"] {
	fileinto "Test.Sub";
	stop;
}
# FILTER: [{"name":"Coffee","enable":false}]
if header :contains "Subject" ["coffee"] {
	fileinto "Test.Coffee";
}
# FILTER: [{"name":"One","enable":true},{"name":"Two","enable":false}]
# Two names
if address :is :all "From" ["bob@example.org"] {
	addflag "\\Flagged";
}
