-- The image runs this at the database's first start, as the superuser.
\getenv password POSTGRES_PASSWORD
CREATE ROLE students LOGIN PASSWORD :'password';
CREATE DATABASE students OWNER students;
-- Without a password, the superuser can sign in only from inside the container.
ALTER ROLE postgres PASSWORD NULL;
