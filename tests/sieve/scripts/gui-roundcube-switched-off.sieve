require ["copy","fileinto","imap4flags"];
# rule:[Tea]
if header :contains "subject" "tea"
{
	fileinto "Tea";
	stop;
}
# rule:[Coffee]
if false # allof (header :contains "subject" "coffee", not address :is "from" "boss@example.org")
{
	addflag "\\Seen";
	fileinto :copy "Drinks.Coffee";
	discard;
	stop;
}
# rule:[Forward]
if false # true
{
	redirect "ann@example.org";
}
# rule:[Half a filter]
if false # anyof (header :contains
{
	discard;
}
# rule:[Never]
if false
{
	keep;
	stop;
}
