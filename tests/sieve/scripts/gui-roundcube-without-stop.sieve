require ["copy","fileinto"];
# rule:[A]
if header :contains "subject" "a"
{
	fileinto "A";
}
# rule:[B]
if header :contains "subject" "b"
{
	fileinto "B";
}
# rule:[C]
if true
{
	fileinto :copy "All";
}
